//! Double of Telegram's Bot API for one bot and one public channel per account: who am I, may I post,
//! text, photo, album, edit, delete.
//!
//! As in the real one nothing lists what a channel shows, and no post can be looked up: a program that
//! lost the answer cannot ask. Formatting (`parse_mode`), updates and private chats are not doubled.

mod chats;
pub(crate) mod errors;
mod messages;
pub(crate) mod state;

use crate::{
    exchange::{Answer, Call},
    faults::{Action, Quirks},
    seed,
    state::World,
    telegram::errors::Refused,
};

/// What every method gives back: the content of `result`.
type Reply = Result<serde_json::Value, Refused>;

/// Token and method of `/bot<token>/<method>`; method names are taken in any case.
fn addressed(call: &Call) -> Option<(&str, String)> {
    match call.segments.as_slice() {
        [bot, method] => Some((bot.strip_prefix("bot")?, method.to_ascii_lowercase())),
        _ => None,
    }
}

pub(crate) fn classify(call: &Call) -> Action {
    let Some((_, method)) = addressed(call) else { return Action::Other };
    match method.as_str() {
        "sendmessage" | "sendphoto" | "sendmediagroup" => Action::Publish,
        "editmessagetext" | "editmessagecaption" => Action::Edit,
        "deletemessage" => Action::Delete,
        "getme" | "getchat" | "getchatmember" => Action::Account,
        _ => Action::Other,
    }
}

pub(crate) fn answer(world: &World, call: &Call, quirks: Quirks) -> Answer {
    let Some((token, method)) = addressed(call) else { return Refused::not_found().answer() };
    // A text that cannot be a token is no address of the API at all.
    if !token.split_once(':').is_some_and(|(id, secret)| id.parse::<u64>().is_ok() && !secret.is_empty()) {
        return if token.contains(':') { Refused::not_found() } else { Refused::unauthorized() }.answer();
    }
    let Some(k) = seed::number_of(token, world.options.accounts, seed::telegram_bot_token) else {
        return Refused::unauthorized().answer();
    };
    let reply = match method.as_str() {
        "getme" => Ok(chats::bot(k)),
        "getchat" => chats::read(world, call),
        "getchatmember" => chats::member(world, call, k),
        "sendmessage" => messages::send_text(world, call, k),
        "sendphoto" => messages::send_photo(world, call, k, quirks),
        "sendmediagroup" => messages::send_album(world, call, k),
        "editmessagetext" => messages::edit(world, call, k, "text"),
        "editmessagecaption" => messages::edit(world, call, k, "caption"),
        "deletemessage" => messages::delete(world, call, k),
        _ => Err(Refused::not_found()),
    };
    let answer = match reply {
        Ok(result) => Answer::json(200, &serde_json::json!({"ok": true, "result": result})),
        Err(refused) => refused.answer(),
    };
    answer.for_account(seed::telegram_chat_id(k))
}
