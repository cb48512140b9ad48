//! Records of one's own repository: create, put, read, list, delete.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    bluesky::{
        Reply, account_of, cid,
        errors::XrpcError,
        post, required, session,
        state::{Bluesky, Record, key},
    },
    exchange::{Body, Call},
    faults::Quirks,
    seed,
    state::World,
};

const POST: &str = "app.bsky.feed.post";

/// The repository of the token, which must be the one named in the body.
fn own_repo(world: &World, call: &Call) -> Result<String, XrpcError> {
    let did = session::access(world, call)?;
    let named = required(call, "repo")?;
    let is_own = account_of(world, &named).is_some_and(|k| seed::bluesky_did(k) == did);
    if is_own {
        Ok(did)
    } else {
        Err(XrpcError::new(401, "AuthenticationRequired", "Authentication Required"))
    }
}

fn named_repo(world: &World, call: &Call) -> Result<String, XrpcError> {
    let repo = required(call, "repo")?;
    account_of(world, &repo)
        .map(seed::bluesky_did)
        .ok_or_else(|| XrpcError::invalid(format!("Could not find repo: {repo}")))
}

fn body(call: &Call) -> Result<&Value, XrpcError> {
    match &call.body {
        Body::Json(value @ Value::Object(_)) => Ok(value),
        _ => Err(XrpcError::invalid("Wrong request encoding (Content-Type): application/json expected")),
    }
}

fn collection(call: &Call) -> Result<String, XrpcError> {
    let name = required(call, "collection")?;
    let is_nsid = name.split('.').count() >= 3
        && name
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    if is_nsid { Ok(name) } else { Err(XrpcError::invalid("Input/collection must be a valid nsid")) }
}

fn check_rkey(collection: &str, rkey: &str) -> Result<(), XrpcError> {
    let is_key = !rkey.is_empty()
        && rkey.len() <= 512
        && rkey != "."
        && rkey != ".."
        && rkey.bytes().all(|b| b.is_ascii_alphanumeric() || b"_~.:-".contains(&b));
    if !is_key {
        return Err(XrpcError::invalid("Input/rkey must be a valid Record Key"));
    }
    if collection == POST && !post::is_tid(rkey) {
        return Err(XrpcError::invalid(format!(
            "Invalid record key: {collection} needs a TID (13 characters of 234567a-z)"
        )));
    }
    Ok(())
}

/// The record to write with its type, checked when its kind is known.
fn checked_record(
    world: &World,
    state: &Bluesky,
    did: &str,
    collection: &str,
    body: &Value,
) -> Result<(Value, String, &'static str), XrpcError> {
    let mut record = body
        .get("record")
        .filter(|record| record.is_object())
        .cloned()
        .ok_or_else(|| XrpcError::invalid("Input/record must be an object"))?;
    match record.get("$type").and_then(Value::as_str) {
        None => record["$type"] = json!(collection),
        Some(kind) if kind == collection => {}
        Some(kind) => {
            return Err(XrpcError::invalid(format!("Invalid $type: expected {collection}, got {kind}")));
        }
    }
    let validate = body.get("validate").and_then(Value::as_bool);
    let status = if collection == POST && validate != Some(false) {
        post::check(world, state, did, &record)?;
        "valid"
    } else if validate == Some(true) {
        return Err(XrpcError::invalid(format!("Lexicon not found: lex:{collection}")));
    } else {
        "unknown"
    };
    let cid = cid::of_record(&record)
        .ok_or_else(|| XrpcError::invalid("Invalid record: numbers must be integers"))?;
    Ok((record, cid, status))
}

fn check_commit(state: &Bluesky, did: &str, body: &Value) -> Result<(), XrpcError> {
    let expected = body.get("swapCommit").and_then(Value::as_str);
    if expected.is_some() && expected != state.commits.get(did).map(String::as_str) {
        return Err(XrpcError::new(400, "InvalidSwap", "Commit was at another cid"));
    }
    Ok(())
}

fn commit(world: &World, state: &mut Bluesky, did: &str, key: &str) -> Value {
    let rev = state.new_revision(world.now());
    let commit = cid::of_bytes(format!("{did} {rev} {key}").as_bytes());
    state.commits.insert(did.to_owned(), commit.clone());
    json!({"cid": commit, "rev": rev})
}

fn write(world: &World, state: &mut Bluesky, record: Record, status: &str) -> Value {
    let key = record.key();
    let commit = commit(world, state, &record.did, &key);
    let answer = json!({
        "uri": record.uri(),
        "cid": record.cid,
        "commit": commit,
        "validationStatus": status,
    });
    state.records.insert(key, record);
    answer
}

pub(super) fn create(world: &World, call: &Call) -> Reply {
    let did = own_repo(world, call)?;
    let collection = collection(call)?;
    let body = body(call)?;
    let mut state = world.bluesky();
    let rkey = match call.param("rkey") {
        Some(rkey) => rkey,
        None => state.new_revision(world.now()),
    };
    check_rkey(&collection, &rkey)?;
    let (value, cid, status) = checked_record(world, &state, &did, &collection, body)?;
    check_commit(&state, &did, body)?;
    if state.records.contains_key(&key(&did, &collection, &rkey)) {
        // Seen on the real server: not a conflict, a plain failure.
        return Err(XrpcError::internal());
    }
    let record = Record { did, collection, rkey, cid, value, indexed_at: world.now() };
    Ok(write(world, &mut state, record, status))
}

pub(super) fn put(world: &World, call: &Call) -> Reply {
    let did = own_repo(world, call)?;
    let collection = collection(call)?;
    let rkey = required(call, "rkey")?;
    check_rkey(&collection, &rkey)?;
    let body = body(call)?;
    let mut state = world.bluesky();
    let (value, cid, status) = checked_record(world, &state, &did, &collection, body)?;
    check_commit(&state, &did, body)?;
    let current = state.records.get(&key(&did, &collection, &rkey)).cloned();
    if let Some(expected) = body.get("swapRecord") {
        // null = the record must not exist.
        if expected.as_str() != current.as_ref().map(|record| record.cid.as_str()) {
            return Err(XrpcError::new(400, "InvalidSwap", "Record was at another cid"));
        }
    }
    if let Some(current) = current.as_ref().filter(|current| current.cid == cid) {
        return Ok(json!({
            "uri": current.uri(),
            "cid": current.cid,
            "validationStatus": status,
        }));
    }
    let record = Record {
        did,
        collection,
        rkey,
        cid,
        value,
        indexed_at: current.map_or_else(|| world.now(), |record| record.indexed_at),
    };
    Ok(write(world, &mut state, record, status))
}

pub(super) fn get(world: &World, call: &Call) -> Reply {
    let did = named_repo(world, call)?;
    let (collection, rkey) = (collection(call)?, required(call, "rkey")?);
    let state = world.bluesky();
    state
        .records
        .get(&key(&did, &collection, &rkey))
        .filter(|record| call.param("cid").is_none_or(|cid| cid == record.cid))
        .map(shown)
        .ok_or_else(|| {
            XrpcError::new(
                400,
                "RecordNotFound",
                format!("Could not locate record: at://{did}/{collection}/{rkey}"),
            )
        })
}

fn shown(record: &Record) -> Value {
    json!({"uri": record.uri(), "cid": record.cid, "value": record.value})
}

pub(super) fn list(world: &World, call: &Call, quirks: Quirks) -> Reply {
    let did = named_repo(world, call)?;
    let collection = collection(call)?;
    let limit = match call.param("limit") {
        None => 50,
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|limit| (1..=100).contains(limit))
            .ok_or_else(|| XrpcError::invalid("Error: limit must be between 1 and 100"))?,
    };
    let is_reversed = call.param("reverse").as_deref() == Some("true");
    let cursor = call.param("cursor");
    let now = world.now();
    let lag = SignedDuration::from_secs(quirks.listing_lag_secs);
    let first = key(&did, &collection, "");
    // The sign after the slash, so that the range ends where another collection begins.
    let last = key(&did, &collection, "\u{7f}");
    let state = world.bluesky();
    let fits = |record: &&Record| {
        let is_past = cursor
            .as_ref()
            .is_none_or(|cursor| if is_reversed { record.rkey > *cursor } else { record.rkey < *cursor });
        is_past && (quirks.listing_lag_secs == 0 || now.duration_since(record.indexed_at) > lag)
    };
    let range = state.records.range(first..last).map(|(_, record)| record);
    let records: Vec<&Record> = if is_reversed {
        range.filter(fits).take(limit).collect()
    } else {
        range.rev().filter(fits).take(limit).collect()
    };
    let mut answer = json!({"records": records.iter().map(|record| shown(record)).collect::<Vec<_>>()});
    if let Some(last) = records.last() {
        answer["cursor"] = json!(last.rkey);
    }
    Ok(answer)
}

pub(super) fn delete(world: &World, call: &Call) -> Reply {
    let did = own_repo(world, call)?;
    let (collection, rkey) = (collection(call)?, required(call, "rkey")?);
    let body = body(call)?;
    let mut state = world.bluesky();
    check_commit(&state, &did, body)?;
    let key = key(&did, &collection, &rkey);
    let current = state.records.get(&key).map(|record| record.cid.clone());
    let expected = body.get("swapRecord").and_then(Value::as_str);
    if expected.is_some() && expected != current.as_deref() {
        return Err(XrpcError::new(400, "InvalidSwap", "Record was at another cid"));
    }
    // Deleting what is not there succeeds without a commit.
    let Some(record) = state.records.remove(&key) else {
        return Ok(json!({}));
    };
    state.deleted.push(record);
    let commit = commit(world, &mut state, &did, &key);
    Ok(json!({"commit": commit}))
}
