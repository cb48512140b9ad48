//! Record keys of posts: 13 characters that sort by time (AT Protocol "TID").

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

const ALPHABET: [char; 32] = [
    '2', '3', '4', '5', '6', '7', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
];

/// Gives keys that never repeat within this process, even inside one microsecond; the random part
/// keeps two machines apart.
#[derive(Debug, Default)]
pub(super) struct Tids {
    last_micros: AtomicU64,
}

impl Tids {
    pub fn next(&self, now: Timestamp) -> String {
        let wanted = u64::try_from(now.as_microsecond()).unwrap_or_default();
        let before = self
            .last_micros
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(wanted.max(last + 1)))
            .unwrap_or_else(|last| last);
        let micros = wanted.max(before + 1);
        encode((micros << 10) | u64::from(rand::random::<u16>() & 0x3ff))
    }
}

fn encode(value: u64) -> String {
    let value = value & (u64::MAX >> 1);
    (0..13).rev().filter_map(|i| ALPHABET.get((value >> (5 * i)) as usize & 31)).collect()
}

/// Says whether a text has the form of such a key; anything else never reaches an address.
pub(super) fn is_valid(key: &str) -> bool {
    key.chars().count() == 13 && key.chars().all(|c| ALPHABET.contains(&c))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn thousand_keys_of_one_instant_differ_and_sort() {
        let tids = Tids::default();
        let now: Timestamp = "2026-11-27T18:30:00Z".parse().unwrap();
        let keys: Vec<_> = (0..1000).map(|_| tids.next(now)).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 1000);
        assert!(keys.is_sorted());
        assert!(keys.iter().all(|key| is_valid(key)));
    }

    #[test]
    fn uses_the_sortable_alphabet() {
        assert_eq!(encode(0), "2222222222222");
        assert_eq!(encode(u64::MAX), "bzzzzzzzzzzzz");
        assert!(!is_valid("../../xrpc"));
    }
}
