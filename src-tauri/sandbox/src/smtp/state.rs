//! The mailboxes of the house: what came back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One mail in a mailbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Received {
    pub uid: u32,
    pub raw: String,
    pub at: Timestamp,
}

/// All mailboxes, by account.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Mail {
    mailboxes: BTreeMap<usize, Vec<Received>>,
    /// Rebuilt mailboxes number their mails anew.
    rebuilt: u32,
}

impl Mail {
    pub fn receive(&mut self, account: usize, raw: String, at: Timestamp) {
        let mailbox = self.mailboxes.entry(account).or_default();
        let uid = mailbox.last().map_or(1, |last| last.uid + 1);
        mailbox.push(Received { uid, raw, at });
    }

    pub fn of(&self, account: usize) -> &[Received] {
        self.mailboxes.get(&account).map_or(&[], Vec::as_slice)
    }

    pub fn uid_validity(&self) -> u32 {
        self.rebuilt + 1
    }

    /// As after a move to another server: the same mails under other numbers.
    pub fn rebuild(&mut self) {
        self.rebuilt += 1;
        for mailbox in self.mailboxes.values_mut() {
            for (mail, uid) in mailbox.iter_mut().zip(1001..) {
                mail.uid = uid;
            }
        }
    }
}
