//! The recovery key: the database key as a text that a person prints and types again on another
//! computer, or after the keyring was lost.
//!
//! It is the key itself and not a second one that wraps it: nothing has to be kept in step, and a copy of
//! the database from any day opens with the same sheet of paper. 32 bytes and 3 of checksum in Crockford's
//! base 32 (no I, L, O, U), fourteen groups of four. Reading forgives case, spaces, dashes and the
//! letters that are taken for digits; the checksum tells a typing error from a wrong key.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{KeyError, MasterKey};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECKSUM: usize = 3;
const BYTES: usize = 32 + CHECKSUM;
/// 35 bytes are exactly 56 characters of five bits.
const CHARS: usize = BYTES * 8 / 5;
const GROUP: usize = 4;

/// The text to print: `ABCD-EFGH-…`.
pub fn recovery_text(key: &MasterKey) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0_u8; BYTES]);
    let (head, tail) = bytes.split_at_mut(32);
    head.copy_from_slice(key.as_bytes());
    tail.copy_from_slice(&checksum(key.as_bytes()));
    let mut text = Zeroizing::new(String::with_capacity(CHARS + CHARS / GROUP));
    let (mut bits, mut held, mut written) = (0_u32, 0_u32, 0);
    for byte in bytes.iter() {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let index = (held >> bits) & 31;
            if written > 0 && written % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET.get(index as usize).copied().unwrap_or(b'0')));
            written += 1;
        }
        held &= (1 << bits) - 1;
    }
    text
}

/// Reads what a person typed or scanned. Lines that begin with `#` are comments of the printed sheet.
///
/// Errors: [`KeyError::RecoveryKeyUnreadable`] for anything that was never a recovery key.
pub fn read_recovery_text(text: &str) -> Result<MasterKey, KeyError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(BYTES));
    let (mut bits, mut held, mut count) = (0_u32, 0_u32, 0);
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    for c in lines.flat_map(str::chars).filter(|c| !c.is_whitespace() && *c != '-') {
        let c = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        };
        let value = ALPHABET.iter().position(|known| char::from(*known) == c);
        let value =
            value.and_then(|value| u32::try_from(value).ok()).ok_or(KeyError::RecoveryKeyUnreadable)?;
        held = (held << 5) | value;
        bits += 5;
        count += 1;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).unwrap_or_default());
            held &= (1 << bits) - 1;
        }
    }
    let (head, tail) = bytes.split_at_checked(32).ok_or(KeyError::RecoveryKeyUnreadable)?;
    if count != CHARS || tail != checksum(head) {
        return Err(KeyError::RecoveryKeyUnreadable);
    }
    MasterKey::from_bytes(head).ok_or(KeyError::RecoveryKeyUnreadable)
}

fn checksum(key: &[u8]) -> [u8; CHECKSUM] {
    let digest = Sha256::new().chain_update(b"vieux-moulin recovery key v1").chain_update(key).finalize();
    std::array::from_fn(|i| digest.get(i).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{read_recovery_text, recovery_text};
    use crate::secrets::MasterKey;

    #[test]
    fn what_is_printed_is_read_again_however_it_is_typed() {
        for _ in 0..200 {
            let key = MasterKey::generate();
            let text = recovery_text(&key);
            assert_eq!(text.len(), 56 + 13, "{}", *text);
            let typed = [
                text.to_string(),
                text.to_lowercase().replace('-', " "),
                text.replace('0', "o").replace('1', "l"),
                format!("# Le Vieux Moulin\n{}\n{}\n", &text[..35], &text[35..]),
            ];
            for typed in typed {
                assert_eq!(read_recovery_text(&typed).unwrap().as_bytes(), key.as_bytes(), "{typed}");
            }
        }
    }

    #[test]
    fn a_typing_error_is_not_taken_for_another_key() {
        let text = recovery_text(&MasterKey::generate());
        let mut refused = 0;
        for (at, old) in text.char_indices().filter(|(_, c)| *c != '-') {
            let mut typed = text.to_string();
            typed.replace_range(at..=at, if old == '7' { "8" } else { "7" });
            assert!(read_recovery_text(&typed).is_err(), "{typed}");
            refused += 1;
        }
        assert_eq!(refused, 56);
        for nonsense in ["", "moulin", &text[..text.len() - 1], &format!("{}0", *text), &"é".repeat(56)] {
            assert_eq!(read_recovery_text(nonsense).err().unwrap().code(), "recovery_key_unreadable");
        }
    }
}
