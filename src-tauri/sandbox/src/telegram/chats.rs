//! The bot, its channel, and what it may do there.

use serde_json::{Value, json};

use crate::{
    exchange::Call,
    seed,
    state::World,
    telegram::{Reply, errors::Refused},
};

pub(super) fn bot(k: usize) -> Value {
    json!({
        "id": seed::telegram_bot_id(k),
        "is_bot": true,
        "first_name": seed::DISPLAY_NAME,
        "username": seed::telegram_bot_username(k),
    })
}

/// A channel inside a message.
pub(super) fn channel(k: usize) -> Value {
    json!({
        "id": seed::telegram_chat_id(k).parse::<i64>().unwrap_or(0),
        "title": seed::DISPLAY_NAME,
        "username": seed::telegram_username(k),
        "type": "channel",
    })
}

/// Finds the channel that a call names as `@name` or by its number.
fn named(world: &World, call: &Call) -> Result<usize, Refused> {
    let chat = call.param("chat_id").filter(|chat| !chat.is_empty());
    let chat = chat.ok_or_else(|| Refused::bad("chat_id is empty"))?;
    (1..=world.options.accounts)
        .find(|k| {
            chat == seed::telegram_chat_id(*k)
                || chat
                    .strip_prefix('@')
                    .is_some_and(|name| name.eq_ignore_ascii_case(&seed::telegram_username(*k)))
        })
        .ok_or_else(|| Refused::bad("chat not found"))
}

/// The channel of a call that changes it: a bot is administrator of its own one only.
pub(super) fn own(world: &World, call: &Call, k: usize) -> Result<(), Refused> {
    if named(world, call)? == k {
        Ok(())
    } else {
        Err(Refused::bad("need administrator rights in the channel chat"))
    }
}

pub(super) fn read(world: &World, call: &Call) -> Reply {
    let k = named(world, call)?;
    let mut chat = channel(k);
    chat["active_usernames"] = json!([seed::telegram_username(k)]);
    chat["accent_color_id"] = json!(0);
    chat["max_reaction_count"] = json!(11);
    Ok(chat)
}

pub(super) fn member(world: &World, call: &Call, k: usize) -> Reply {
    let chat = named(world, call)?;
    let user = call.param("user_id").and_then(|id| id.parse::<u64>().ok());
    if user != Some(seed::telegram_bot_id(k)) {
        return Err(Refused::bad("user not found"));
    }
    if chat != k {
        return Ok(json!({"user": bot(k), "status": "left"}));
    }
    Ok(json!({
        "user": bot(k),
        "status": "administrator",
        "can_be_edited": false,
        "is_anonymous": false,
        "can_manage_chat": true,
        "can_post_messages": true,
        "can_edit_messages": true,
        "can_delete_messages": true,
        "can_invite_users": false,
    }))
}
