//! Fingerprints: of bytes, and of a text, to recognise a published post as ours.
//!
//! After a doubtful answer we read the account's latest posts and look for the
//! text. Networks change it on the way: they compose accents, trim, fold blank
//! lines, drop invisible characters. Two texts that differ only in that have the
//! same fingerprint. Letters, case, punctuation and emoji must be equal: taking a
//! similar post for ours would lose one.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

/// Returns `text` composed (NFC), every run of white space as one space, without
/// invisible characters.
fn normalize(text: &str) -> String {
    let composed: String = text.nfc().filter(|c| !is_invisible(*c)).collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Says whether a reader would see nothing of `text`: white space and signs without a shape.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || c == '\u{200D}' || is_invisible(c))
}

/// Returns the SHA-256 of the normalised text, in hexadecimal.
pub fn fingerprint(text: &str) -> String {
    sha256_hex(normalize(text).as_bytes())
}

/// Returns the SHA-256 of `bytes`, in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Writes `bytes` in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The joiner U+200D stays out of the list: without it a family becomes four people.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{200B}' | '\u{200C}' | '\u{200E}' | '\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FE0E}' | '\u{FE0F}' | '\u{FEFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn signs_without_a_shape_are_no_text() {
        for text in ["", " \n", "\u{200B}", "\u{a0}\u{FEFF}\u{200D}"] {
            assert!(is_blank(text), "{text:?}");
        }
        assert!(!is_blank("\u{200B}.") && !is_blank("👨\u{200D}👩"));
    }

    #[test]
    fn bytes_are_written_as_everybody_writes_them() {
        assert_eq!(hex(&[0, 10, 255]), "000aff");
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256_hex(b""), empty);
    }

    #[test]
    fn what_networks_change_does_not_matter() {
        let ours = "Été\u{a0}: bœuf à 18\u{202f}€\u{a0}!\n\nhttps://a.fr ❤️";
        for theirs in [
            "E\u{301}te\u{301}\u{a0}: bœuf à 18\u{202f}€\u{a0}!\n\nhttps://a.fr ❤️",
            "  Été : bœuf à 18 € !\r\nhttps://a.fr ❤\n",
            "\u{FEFF}Été\u{a0}:\u{200b} bœuf à 18 € !\n \n\nhttps://a.fr\u{2060} ❤️",
        ] {
            assert_eq!(fingerprint(ours), fingerprint(theirs), "{theirs:?}");
        }
    }

    #[test]
    fn what_people_change_does_matter() {
        let ours = fingerprint("Bœuf à 18 €, 👨‍👩‍👧");
        for other in [
            "Boeuf à 18 €, 👨‍👩‍👧",
            "bœuf à 18 €, 👨‍👩‍👧",
            "Bœuf à 19 €, 👨‍👩‍👧",
            "Bœuf à 18 € 👨‍👩‍👧",
            "Bœuf à 18 €, 👨👩👧",
            "Bœufà 18 €, 👨‍👩‍👧",
        ] {
            assert_ne!(ours, fingerprint(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in ".{0,80}") {
            let once = normalize(&text);
            prop_assert_eq!(normalize(&once), once);
        }
    }
}
