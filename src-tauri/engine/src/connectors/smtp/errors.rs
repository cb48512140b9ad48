//! Their replies → [`Failure`] (messaging reference, section 2, "Reply classification"). The first digit
//! decides, then the enhanced code, then the words: servers word one refusal in many ways.

use std::time::Duration;

use super::wire::{Lost, Reply};
use crate::{
    connectors::{Failure, FailureClass, mailbox::bounce, messenger::ADDRESS_DEAD},
    domain::Problem,
};

/// Where in the conversation a reply came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Greeting,
    Hello,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// After the final dot.
    Content,
}

const SOON: Duration = Duration::from_mins(1);
/// A server that does not know us yet wants to see us again after some minutes.
const GREYLISTING: Duration = Duration::from_mins(5);
/// A full mailbox is emptied by a person.
const FULL_MAILBOX: Duration = Duration::from_hours(24);

const CREDITS: [&str; 2] = ["maximum credits exceeded", "credits exceeded"];
const LIMIT: [&str; 7] = [
    "daily user sending limit",
    "daily sending quota",
    "sending limit",
    "sending quota",
    "daily limit",
    "hourly limit",
    "message limit",
];
/// The same where the refusal is final; otherwise it is only haste.
const HASTE: [&str; 2] = ["rate limit exceeded", "too many messages"];
const SPAM: [&str; 9] = [
    "spam",
    "spamhaus",
    "reputation",
    "blacklist",
    "blocklist",
    "block list",
    "unsolicited",
    "listed at",
    "virus",
];
const NOT_OWNED: [&str; 6] = [
    "not owned by user",
    "sender address rejected",
    "sendas",
    "send as",
    "not allowed to send",
    "sender is not allowed",
];

/// Sorts a refusal. Nothing was accepted.
pub(super) fn refusal(stage: Stage, reply: &Reply) -> Failure {
    use FailureClass::{Blocked, Content, Quota, Reauth};

    let words = reply.words().to_lowercase();
    let says = |list: &[&str]| list.iter().any(|part| words.contains(part));
    let fail = |class, code: &str| {
        let problem = Problem::new(code).platform_code(reply.codes()).message(reply.words());
        Failure::new(class, problem)
    };
    let retry = |code: &str, after| fail(FailureClass::Retry, code).after(Some(after));
    if says(&CREDITS) {
        return fail(Quota, "mail_quota_reached");
    }
    match (reply.code, reply.enhanced) {
        (421, _) => return retry("mail_server_busy", SOON),
        // What everything depends on: who we are to this server.
        (_, Some((4, 7, 32) | (5, 7, 26 | 515))) => return fail(Blocked, "mail_not_authenticated"),
        (530 | 534 | 535 | 538, _) | (_, Some((5, 7, 30 | 139))) => {
            return fail(Reauth, "mail_login_refused");
        }
        (_, Some((5, 4, 5))) => return fail(Quota, "mail_quota_reached"),
        (_, Some((5, 5, 0))) => return retry("mail_server_busy", GREYLISTING),
        (_, Some((4 | 5, 2, 2))) => return retry("mailbox_full", FULL_MAILBOX),
        (454, _) | (_, Some((4, 5, 3))) => return retry("mail_server_busy", SOON),
        _ => {}
    }
    let is_final = reply.code >= 500;
    if (says(&LIMIT) || is_final && says(&HASTE))
        && reply.enhanced.is_none_or(|(_, subject, _)| matches!(subject, 0 | 4 | 5 | 7))
    {
        return fail(Quota, "mail_quota_reached");
    }
    if (400..500).contains(&reply.code) {
        return match (reply.code, stage) {
            (450 | 451, Stage::Rcpt) => retry("mail_greylisted", GREYLISTING),
            _ => retry("mail_server_busy", GREYLISTING),
        };
    }
    match stage {
        Stage::Greeting if matches!(reply.enhanced, Some((5, 7, _))) => fail(Blocked, "mail_server_refuses"),
        Stage::Greeting | Stage::Hello | Stage::StartTls => retry("mail_server_busy", GREYLISTING),
        Stage::Auth => fail(Reauth, "mail_login_refused"),
        _ if matches!(reply.code, 500..=504) => fail(Blocked, "mail_not_understood"),
        _ if matches!(reply.enhanced, Some((5, 3, 4))) => fail(Content, "mail_too_large"),
        _ if reply.enhanced == Some((5, 7, 60)) || says(&NOT_OWNED) => fail(Blocked, "mail_sender_refused"),
        Stage::Mail if says(&SPAM) => fail(Blocked, "mail_called_spam"),
        Stage::Mail => fail(Blocked, "mail_sender_refused"),
        Stage::Data if reply.enhanced.is_none() => fail(Content, "mail_recipient_refused"),
        _ if says(&SPAM) => fail(Blocked, "mail_called_spam"),
        _ if is_dead(reply, &words) => fail(Content, ADDRESS_DEAD),
        _ => fail(Content, "mail_recipient_refused"),
    }
}

/// The address can never work: `5.1.x`, or in words where the server says no more than 550.
fn is_dead(reply: &Reply, words: &str) -> bool {
    match reply.enhanced {
        // 5.1.7 and 5.1.8 are about the sender.
        Some((5, 1, detail)) => !matches!(detail, 7 | 8),
        Some((5, 0, 0)) | None => {
            reply.code == 551 || (matches!(reply.code, 550 | 553 | 554) && bounce::names_no_mailbox(words))
        }
        Some(_) => false,
    }
}

/// The line failed before anything could have left.
pub(super) fn lost(lost: Lost) -> Failure {
    let code = match lost {
        Lost::Closed => "mail_line_lost",
        Lost::TimedOut => "mail_server_silent",
        Lost::Garbled => "mail_not_understood",
    };
    Failure::new(FailureClass::Retry, Problem::new(code))
}

/// The line failed after the final dot: nobody knows.
pub(super) fn doubt() -> Failure {
    Failure::unknown("mail_reply_lost")
}
