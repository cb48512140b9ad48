//! Double of a mail host: submission over SMTP for one mail account per seeded account, and the same
//! account's mailbox over IMAP. Written from RFC 5321, 4954, 2920, 3464 and 3501.
//!
//! In the clear, which a mail program may accept on this computer only. Some recipients behave by their
//! name: `inconnu@` has no mailbox, `greylist@` asks to come back, `plein@` is full, `bloque@` refuses,
//! `rebond@` is accepted and comes back. Relaying to anybody, queues and several folders are not doubled.

mod imap;
mod returns;
mod session;
pub(crate) mod state;

use std::sync::Arc;

use axum::serve::Listener as _;

use crate::{
    connection::{Cuttable, CuttableListener},
    exchange::{Answer, Call},
    faults::{Action, FaultRequest},
    inbox::Message,
    platform::Platform,
    record,
    state::World,
};

/// Answers on the submission listener for ever.
pub(crate) async fn submit(world: Arc<World>, mut listener: CuttableListener) {
    loop {
        let (line, _) = listener.accept().await;
        tokio::spawn(session::talk(Arc::clone(&world), line));
    }
}

/// Answers on the mailbox listener for ever.
pub(crate) async fn read_mailbox(world: Arc<World>, mut listener: CuttableListener) {
    loop {
        let (line, _) = listener.accept().await;
        tokio::spawn(imap::talk(Arc::clone(&world), line));
    }
}

/// Cuts a line as a broken network does.
async fn cut(mut line: Cuttable) {
    use tokio::io::AsyncReadExt as _;
    line.cut();
    let _ = line.read_u8().await;
}

/// The fault for a step, if one is switched on.
fn fault(world: &World, step: &str, action: Action) -> Option<FaultRequest> {
    let call = Call { path: format!("/{step}"), ..Call::unreadable() };
    world.board(Platform::Smtp).take(Platform::Smtp, &call, action)
}

/// Notes a step in the log; what was said with it is not kept.
fn note(world: &World, step: &str, action: Action, code: Option<u16>, fault: Option<&FaultRequest>) {
    let call = Call { path: format!("/{step}"), ..Call::unreadable() };
    let answer = Answer::bytes(200, "text/plain", bytes::Bytes::new());
    let fault = fault.map(|fault| fault.fault);
    world.log(Platform::Smtp).push(record::entry(world.now(), &call, action, &answer, code, fault));
}

/// A customer answers one of our mails, or writes for the first time.
pub(crate) fn answer_mail(world: &World, from: &str, text: &str) {
    let about = newest_to(world, from);
    let at = world.now();
    let raw = returns::reply(from, text, about.as_ref(), at);
    let account = about.map_or(1, |message| message.account);
    world.mail().receive(account, raw, at);
    world.touch();
}

/// A customer's mail program follows the unsubscribe header.
pub(crate) fn unsubscribe(world: &World, from: &str) {
    let about = newest_to(world, from);
    let at = world.now();
    let raw = returns::unsubscribe(from, about.as_ref(), at);
    let account = about.map_or(1, |message| message.account);
    world.mail().receive(account, raw, at);
    world.touch();
}

fn newest_to(world: &World, address: &str) -> Option<Message> {
    world.inbox().of(Platform::Smtp).rev().find(|message| message.to == address).cloned()
}
