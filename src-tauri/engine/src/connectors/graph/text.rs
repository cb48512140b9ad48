//! Recognising our own words again.
//!
//! The Graph gives texts back with other line ends, trimmed or composed differently, so texts are
//! compared by the hash of a normal form. Only whitespace and Unicode composition are touched: two
//! dishes that differ in one letter stay different.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// Hexadecimal SHA-256 of the text in NFC, without invisible characters and with each run of
/// whitespace as one space.
pub fn normalized_hash(text: &str) -> String {
    let visible: String = text.nfc().filter(|c| !matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}')).collect();
    let normal = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    Sha256::digest(normal.as_bytes()).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_spaces_and_composition_do_not_matter() {
        let ours = normalized_hash("Plat du jour\u{a0}:\n\nMagret grillé !");
        for theirs in
            ["Plat du jour :\r\n\r\nMagret grille\u{301} !\n", "  Plat du jour :\nMagret grillé\u{202f}!"]
        {
            assert_eq!(ours, normalized_hash(theirs), "{theirs:?}");
        }
        assert_ne!(ours, normalized_hash("Plat du jour : Magret grillés !"));
        assert_ne!(normalized_hash("Moules"), normalized_hash("moules"));
    }
}
