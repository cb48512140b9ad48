//! Addresses that are not written to, and why.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::message::{Channel, Purpose};

/// Why an address is not written to. In the order of their strength: what stops everything comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// The address does not work any more.
    HardBounce,
    /// The owner said so.
    Manual,
    /// The person told their provider that our mail is unwanted.
    Complaint,
    /// Unsubscribed, or answered STOP.
    Stop,
    /// Asked not to be written to (GDPR, article 21).
    Objection,
    /// Asked to be forgotten (GDPR, article 17).
    Erasure,
}

impl SuppressionReason {
    pub const ALL: [Self; 6] =
        [Self::HardBounce, Self::Manual, Self::Complaint, Self::Stop, Self::Objection, Self::Erasure];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::HardBounce => "hard_bounce",
            Self::Manual => "manual",
            Self::Complaint => "complaint",
            Self::Stop => "stop",
            Self::Objection => "objection",
            Self::Erasure => "erasure",
        }
    }

    /// Whether it stops a message of this purpose.
    ///
    /// Who unsubscribes, complains, objects or asks to be forgotten refuses advertising; who books a table
    /// again afterwards must still get the confirmation, because that answers what they just did. A dead
    /// address gets nothing (writing to it harms the house's standing with every provider), and the owner's
    /// own "do not write" means every message.
    pub fn stops(self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::Marketing => true,
            Purpose::Service => matches!(self, Self::HardBounce | Self::Manual),
        }
    }

    /// The person's own word: only a newer word of theirs takes it back.
    pub fn needs_new_consent(self) -> bool {
        match self {
            Self::Complaint | Self::Stop | Self::Objection | Self::Erasure => true,
            Self::HardBounce | Self::Manual => false,
        }
    }
}

/// One spelling for each address, so that every way of writing it meets the same suppression. Wider than what
/// is written to: the part before the @ is folded as well, because hardly a provider tells its case apart
/// and a mistake must fall on the side of silence.
pub fn one_spelling(channel: Channel, address: &str) -> String {
    match channel {
        Channel::Email => address.trim().to_lowercase(),
        Channel::Sms => {
            let digits: String = address.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
            match digits.strip_prefix("00") {
                Some(international) => format!("+{international}"),
                None => digits,
            }
        }
    }
}

/// An address as the house writes it, from what a person typed: a French number without its country gets it.
pub fn as_written(channel: Channel, text: &str, default_country: &str) -> String {
    let spelling = match channel {
        Channel::Email => text.trim().to_owned(),
        Channel::Sms => one_spelling(channel, text),
    };
    match spelling.strip_prefix('0') {
        Some(national) if channel == Channel::Sms && default_country == "FR" && national.len() == 9 => {
            format!("+33{national}")
        }
        _ => spelling,
    }
}

/// Whether something can be sent to it as it stands: no second address, header or line hides in it.
pub fn is_sendable(channel: Channel, address: &str) -> bool {
    match channel {
        Channel::Email => {
            let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\"\\".contains(c);
            address.len() <= 254
                && address.chars().all(is_plain)
                && address.split_once('@').is_some_and(|(local, domain)| {
                    (1..=64).contains(&local.len())
                        && domain.contains('.')
                        && !domain.contains('@')
                        && domain.split('.').all(|label| !label.is_empty())
                })
        }
        Channel::Sms => address.strip_prefix('+').is_some_and(|digits| {
            (8..=15).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && !digits.starts_with('0')
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_of_writing_an_address_meet() {
        for text in ["Camille@Example.com", " camille@example.com ", "CAMILLE@EXAMPLE.COM"] {
            assert_eq!(one_spelling(Channel::Email, text), "camille@example.com");
        }
        for text in ["+33612345678", "+33 6 12 34 56 78", "0033 6.12.34.56.78"] {
            assert_eq!(one_spelling(Channel::Sms, text), "+33612345678");
        }
    }

    #[test]
    fn a_french_number_gets_its_country() {
        assert_eq!(as_written(Channel::Sms, "06 12 34 56 78", "FR"), "+33612345678");
        assert_eq!(as_written(Channel::Sms, "+32 470 12 34 56", "FR"), "+32470123456");
        assert!(!is_sendable(Channel::Sms, &as_written(Channel::Sms, "06 12 34 56 78", "BE")));
        assert_eq!(as_written(Channel::Email, " a@example.com ", "FR"), "a@example.com");
    }

    #[test]
    fn only_a_whole_single_address_can_be_sent_to() {
        for good in ["camille@example.com", "c.d+menu@sous.example.fr", "éléonore@exemple.fr"] {
            assert!(is_sendable(Channel::Email, good), "{good}");
        }
        for bad in [
            "",
            "@example.com",
            "camille",
            "camille@",
            "camille@example",
            "camille@example..com",
            "a@b@example.com",
            "a@example.com\r\nBcc: b@example.com",
            "a@example.com, b@example.com",
            "<a@example.com>",
            " a@example.com",
        ] {
            assert!(!is_sendable(Channel::Email, bad), "{bad:?}");
        }
        assert!(is_sendable(Channel::Sms, "+33612345678"));
        for bad in ["", "+", "0612345678", "+33 6 12", "+0612345678", "+3361234567890123", "+336a2345678"] {
            assert!(!is_sendable(Channel::Sms, bad), "{bad:?}");
        }
    }
}
