//! Mails that come back to the house: failure reports, complaints, answers, wishes to be left alone.

use jiff::Timestamp;

use crate::{
    inbox::{Fate, Message},
    seed,
};

fn date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

fn own_id(what: &str, number: u64, at: Timestamp) -> String {
    format!("{what}.{number}.{}@mx.client.example", at.as_millisecond())
}

/// What comes back after a mail was accepted; most fates send nothing.
pub(super) fn after(message: &Message, fate: Fate, at: Timestamp) -> Option<String> {
    match fate {
        Fate::HardBounce => Some(report(message, "5.1.1", "550 5.1.1 No such user here", at)),
        Fate::SoftBounce => Some(report(message, "5.2.2", "552 5.2.2 Mailbox full", at)),
        Fate::Blocked => Some(report(message, "5.7.1", "554 5.7.1 Message refused as spam", at)),
        Fate::Complaint => Some(complaint(message, at)),
        _ => None,
    }
}

fn copy(message: &Message) -> String {
    format!(
        "Message-ID: <{}>\r\nFrom: {}\r\nTo: {}\r\nSubject: (copie)\r\n",
        message.mark("message_id"),
        message.from,
        message.to,
    )
}

/// RFC 3464.
fn report(message: &Message, status: &str, said: &str, at: Timestamp) -> String {
    format!(
        "From: MAILER-DAEMON@mx.client.example (Mail Delivery System)\r\nTo: {from}\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nDate: {date}\r\nMessage-ID: <{id}>\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"=_retour\"\r\n\r\n\
         --=_retour\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n\r\n<{to}>: {said}\r\n\
         --=_retour\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.client.example\r\n\r\n\
         Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {said}\r\n\r\n\
         --=_retour\r\nContent-Type: message/rfc822\r\n\r\n{copy}\r\nBonjour\r\n--=_retour--\r\n",
        from = message.from,
        to = message.to,
        date = date(at),
        id = own_id("retour", message.id, at),
        copy = copy(message),
    )
}

/// RFC 5965.
fn complaint(message: &Message, at: Timestamp) -> String {
    format!(
        "From: fbl@client.example\r\nTo: {from}\r\nSubject: Complaint\r\nDate: {date}\r\nMessage-ID: <{id}>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=\"=_plainte\"\r\n\r\n\
         --=_plainte\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n\
         --=_plainte\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: Bac/1\r\n\
         Version: 1\r\nOriginal-Rcpt-To: <{to}>\r\n\r\n\
         --=_plainte\r\nContent-Type: message/rfc822\r\n\r\n{copy}\r\nBonjour\r\n--=_plainte--\r\n",
        from = message.from,
        to = message.to,
        date = date(at),
        id = own_id("plainte", message.id, at),
        copy = copy(message),
    )
}

/// A person answers.
pub(super) fn reply(from: &str, text: &str, about: Option<&Message>, at: Timestamp) -> String {
    let to = about.map_or_else(|| seed::mail_address(1), |message| message.from.clone());
    let answered = about.map(|message| format!("In-Reply-To: <{}>\r\n", message.mark("message_id")));
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: Re: (votre message)\r\nDate: {date}\r\nMessage-ID: <{id}>\r\n{answered}\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n",
        date = date(at),
        id = own_id("reponse", about.map_or(0, |message| message.id), at),
        answered = answered.unwrap_or_default(),
    )
}

/// A mail program follows the `mailto:` of `List-Unsubscribe`.
pub(super) fn unsubscribe(from: &str, about: Option<&Message>, at: Timestamp) -> String {
    let to = about.map_or_else(|| seed::mail_address(1), |message| message.from.clone());
    let asked = about.map(|message| message.mark("unsubscribe_subject").to_owned());
    let subject = asked.filter(|asked| !asked.is_empty()).unwrap_or_else(|| "desabonnement".to_owned());
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: <{id}>\r\n\
         Auto-Submitted: auto-generated\r\n\r\n\r\n",
        date = date(at),
        id = own_id("stop", about.map_or(0, |message| message.id), at),
    )
}
