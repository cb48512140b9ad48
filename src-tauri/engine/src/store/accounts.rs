//! Connected accounts and, apart from them, their secrets.

use jiff::Timestamp;
use rusqlite::Row;
use secrecy::ExposeSecret;

use super::{
    Connection, StoreError, Tx,
    convert::{
        collect, column_enum, column_instant, column_json, column_json_opt, exactly_one, first, millis,
        to_json,
    },
};
use crate::{
    domain::{Account, AccountId, AccountState, Credentials, Problem},
    events::Change,
};

const COLUMNS: &str = "id, platform, label, handle, remote_id, server, state, is_default, practice, \
                       token_expiry, permissions, missing_permissions, settings, facts, credential_hint, \
                       problem, last_check, created_at, updated_at";

fn read(row: &Row<'_>) -> Result<Account, StoreError> {
    let id: String = row.get("id")?;
    let remote_id: String = row.get("remote_id")?;
    Ok(Account {
        remote_id: if remote_id == id { String::new() } else { remote_id },
        id: AccountId::from(id),
        platform: row.get("platform")?,
        label: row.get("label")?,
        handle: row.get("handle")?,
        server: row.get("server")?,
        state: column_enum(row, "state")?,
        is_default: row.get("is_default")?,
        practice: row.get("practice")?,
        token_expiry: column_json(row, "token_expiry")?,
        permissions: column_json(row, "permissions")?,
        missing_permissions: column_json(row, "missing_permissions")?,
        settings: column_json(row, "settings")?,
        facts: column_json(row, "facts")?,
        credential_hint: row.get("credential_hint")?,
        problem: column_json_opt(row, "problem")?,
        last_check: column_json_opt(row, "last_check")?,
        created_at: column_instant(row, "created_at")?,
        updated_at: column_instant(row, "updated_at")?,
    })
}

/// Inserts or replaces the whole row. An account that is not verified stands under its own id until
/// the platform has said whose it is; from then on the platform's id never changes. A new default takes the mark from the others of its platform.
pub fn save(tx: &Tx<'_>, account: &Account) -> Result<(), StoreError> {
    if account.is_default {
        tx.execute(
            "UPDATE accounts SET is_default = 0 WHERE platform = ?1 AND id <> ?2",
            (&account.platform, account.id.as_str()),
        )?;
    }
    tx.prepare_cached(
        "INSERT INTO accounts (id, platform, label, handle, remote_id, server, state, is_default, practice,
             token_expiry, permissions, missing_permissions, settings, facts, credential_hint, problem,
             last_check, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
         ON CONFLICT (id) DO UPDATE SET
             remote_id = CASE WHEN remote_id = id THEN excluded.remote_id ELSE remote_id END,
             label = excluded.label, handle = excluded.handle,
             server = excluded.server, state = excluded.state, is_default = excluded.is_default,
             token_expiry = excluded.token_expiry, permissions = excluded.permissions,
             missing_permissions = excluded.missing_permissions, settings = excluded.settings,
             facts = excluded.facts, credential_hint = excluded.credential_hint,
             problem = excluded.problem, last_check = excluded.last_check, updated_at = excluded.updated_at",
    )?
    .execute(rusqlite::params![
        account.id.as_str(),
        account.platform,
        account.label,
        account.handle,
        if account.is_unverified() { account.id.as_str() } else { account.remote_id.as_str() },
        account.server,
        account.state.as_str(),
        account.is_default,
        account.practice,
        to_json(&account.token_expiry)?,
        to_json(&account.permissions)?,
        to_json(&account.missing_permissions)?,
        to_json(&account.settings)?,
        to_json(&account.facts)?,
        account.credential_hint,
        account.problem.as_ref().map(to_json).transpose()?,
        account.last_check.as_ref().map(to_json).transpose()?,
        millis(account.created_at),
        millis(account.updated_at),
    ])?;
    tx.changed(Change::Account(account.id.to_string()));
    Ok(())
}

/// Living accounts, oldest first.
pub fn list(connection: &Connection) -> Result<Vec<Account>, StoreError> {
    collect(
        connection,
        &format!("SELECT {COLUMNS} FROM accounts WHERE state <> 'removed' ORDER BY created_at, id"),
        [],
        read,
    )
}

/// One account, also a removed one.
pub fn find(connection: &Connection, id: &AccountId) -> Result<Option<Account>, StoreError> {
    first(connection, &format!("SELECT {COLUMNS} FROM accounts WHERE id = ?1"), [id.as_str()], read)
}

/// The row of a remote account, also a removed one (connecting it again revives it).
pub fn find_remote(
    connection: &Connection,
    platform: &str,
    server: Option<&str>,
    remote_id: &str,
) -> Result<Option<Account>, StoreError> {
    first(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM accounts
             WHERE platform = ?1 AND coalesce(server, '') = coalesce(?2, '') AND remote_id = ?3"
        ),
        (platform, server, remote_id),
        read,
    )
}

/// The account that sends messages when none is named: the default of these platforms, else their oldest.
pub fn sender(connection: &Connection, platforms: &[&str]) -> Result<Option<Account>, StoreError> {
    first(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM accounts
             WHERE platform IN (SELECT value FROM json_each(?1)) AND state NOT IN ('removed', 'unverified')
             ORDER BY state = 'connected' DESC, is_default DESC, created_at, id LIMIT 1"
        ),
        [to_json(&platforms)?],
        read,
    )
}

/// The account that a platform's name stands for: its default, else its oldest.
pub fn default_of(connection: &Connection, platform: &str) -> Result<Option<Account>, StoreError> {
    first(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM accounts WHERE platform = ?1 AND state <> 'removed'
             ORDER BY is_default DESC, created_at, id LIMIT 1"
        ),
        [platform],
        read,
    )
}

/// Moves the state with what caused it; the old state is in the `WHERE`.
pub fn set_state(
    tx: &Tx<'_>,
    id: &AccountId,
    from: &[AccountState],
    to: AccountState,
    problem: Option<&Problem>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let from: Vec<&str> = from.iter().map(|state| state.as_str()).collect();
    let changed = tx.execute(
        "UPDATE accounts SET state = ?2, problem = ?3, updated_at = ?4
         WHERE id = ?1 AND state IN (SELECT value FROM json_each(?5))",
        (id.as_str(), to.as_str(), problem.map(to_json).transpose()?, millis(now), to_json(&from)?),
    )?;
    exactly_one(changed)?;
    tx.changed(Change::Account(id.to_string()));
    Ok(())
}

pub fn credentials(connection: &Connection, id: &AccountId) -> Result<Credentials, StoreError> {
    let pairs = collect(
        connection,
        "SELECT key, value FROM account_secrets WHERE account_id = ?1",
        [id.as_str()],
        |row| Ok((row.get::<_, String>("key")?, row.get::<_, String>("value")?)),
    )?;
    let mut credentials = Credentials::default();
    for (key, value) in pairs {
        credentials.set(key, value);
    }
    Ok(credentials)
}

/// Replaces all secrets of an account.
pub fn set_credentials(tx: &Tx<'_>, id: &AccountId, credentials: &Credentials) -> Result<(), StoreError> {
    remove_credentials(tx, id)?;
    for (key, value) in credentials.iter() {
        tx.execute(
            "INSERT INTO account_secrets (account_id, key, value) VALUES (?1, ?2, ?3)",
            (id.as_str(), key, value.expose_secret()),
        )?;
    }
    Ok(())
}

pub fn remove_credentials(tx: &Tx<'_>, id: &AccountId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM account_secrets WHERE account_id = ?1", [id.as_str()])?;
    Ok(())
}
