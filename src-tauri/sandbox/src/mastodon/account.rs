//! Accounts and the application behind a token.

use serde_json::{Value, json};

use crate::{
    exchange::Call,
    mastodon::{Reply, errors::Refused, state::Caller},
    seed,
    state::World,
};

/// An account as everybody sees it.
pub(super) fn shown(world: &World, k: usize) -> Value {
    let username = seed::mastodon_username(k);
    let url = format!("{}/@{username}", world.addresses().mastodon);
    let picture = format!("{}/avatar.svg", world.addresses().mastodon);
    json!({
        "id": seed::mastodon_id(k),
        "username": username,
        "acct": username,
        "display_name": seed::DISPLAY_NAME,
        "locked": false,
        "bot": false,
        "discoverable": true,
        "indexable": false,
        "group": false,
        "created_at": "2024-03-01T00:00:00.000Z",
        "note": "<p>Restaurant à Vensac</p>",
        "url": url,
        "uri": url,
        "avatar": picture,
        "avatar_static": picture,
        "header": picture,
        "header_static": picture,
        "followers_count": 128,
        "following_count": 34,
        "statuses_count": 0,
        "last_status_at": null,
        "emojis": [],
        "fields": [],
        "roles": [],
    })
}

/// The account of the token, with what only its owner sees.
pub(super) fn own(world: &World, k: usize) -> Value {
    let mut account = shown(world, k);
    account["source"] = json!({
        "note": "Restaurant à Vensac",
        "fields": [],
        "privacy": "public",
        "sensitive": false,
        "language": "fr",
        "follow_requests_count": 0,
    });
    account["role"] =
        json!({"id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": false});
    account
}

/// Finds the number of an account id.
pub(super) fn number(world: &World, id: &str) -> Result<usize, Refused> {
    seed::number_of_id(id, world.options.accounts, seed::mastodon_id).ok_or_else(Refused::not_found)
}

pub(super) fn read(world: &World, id: &str) -> Reply {
    Ok((200, shown(world, number(world, id)?)))
}

pub(super) fn lookup(world: &World, call: &Call) -> Reply {
    let name = call.param("acct").unwrap_or_default();
    let local = name.trim_start_matches('@').split('@').next().unwrap_or("");
    let k = seed::number_of(local, world.options.accounts, seed::mastodon_username)
        .ok_or_else(Refused::not_found)?;
    Ok((200, shown(world, k)))
}

pub(super) fn app(caller: &Caller) -> Value {
    json!({
            "id": "1",
            "name": caller.application,
            "website": null,
            "scopes": caller.scopes.split_whitespace().collect::<Vec<_>>(),
            "redirect_uris": [],
            "redirect_uri": "",
            "vapid_key": "",
    })
}
