//! How long an SMS is, and what makes it dear.
//!
//! A text whose characters are all in the GSM alphabet has 160 units for one part and 153 for each of
//! several; one foreign character turns the whole text into UCS-2, with 70 and 67. A character of two
//! units is never cut in two, so a part may end one unit early. (3GPP TS 23.038 and 23.040.)

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// Two units each: an escape stands before them.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SmsEncoding {
    Gsm7,
    Ucs2,
}

impl SmsEncoding {
    /// Units of a text that is alone, and of each of several parts.
    pub fn capacity(self) -> (u32, u32) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }
}

/// Length of a text as an SMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SmsMeasure {
    pub encoding: SmsEncoding,
    pub characters: u32,
    /// Septets, or UTF-16 units.
    pub units: u32,
    /// What is paid for; 0 for an empty text.
    pub parts: u32,
    /// Characters that are not in the GSM alphabet, each once, in the order of the text.
    pub culprits: Vec<Culprit>,
}

/// A character that makes the whole text dear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Culprit {
    pub character: char,
    pub count: u32,
    /// Cheap way to say the same; absent where there is none.
    pub replacement: Option<String>,
}

/// Units of a character in the GSM alphabet.
fn septets(c: char) -> Option<u32> {
    // Nearly everything is a letter or a space.
    if c.is_ascii_alphanumeric() || c == ' ' || BASIC.contains(c) {
        Some(1)
    } else if EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

fn utf16_units(c: char) -> u32 {
    if u32::from(c) > 0xFFFF { 2 } else { 1 }
}

/// Measures a text.
pub fn measure(text: &str) -> SmsMeasure {
    let mut culprits: Vec<Culprit> = Vec::new();
    for c in text.chars().filter(|c| septets(*c).is_none()) {
        match culprits.iter_mut().find(|culprit| culprit.character == c) {
            Some(culprit) => culprit.count += 1,
            None => culprits.push(Culprit { character: c, count: 1, replacement: replacement(c) }),
        }
    }
    let encoding = if culprits.is_empty() { SmsEncoding::Gsm7 } else { SmsEncoding::Ucs2 };
    let widths = || {
        text.chars().map(|c| match encoding {
            SmsEncoding::Gsm7 => septets(c).unwrap_or(1),
            SmsEncoding::Ucs2 => utf16_units(c),
        })
    };
    let units: u32 = widths().sum();
    let (alone, each) = encoding.capacity();
    let parts = if units == 0 {
        0
    } else if units <= alone {
        1
    } else {
        let (mut parts, mut used) = (1, 0);
        for width in widths() {
            if used + width > each {
                parts += 1;
                used = 0;
            }
            used += width;
        }
        parts
    };
    let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    SmsMeasure { encoding, characters, units, parts, culprits }
}

/// The same text in the GSM alphabet as far as that is possible.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match (septets(c), replacement(c)) {
            (None, Some(cheap)) => plain.push_str(&cheap),
            _ => plain.push(c),
        }
    }
    plain
}

/// A cheap way to write a character that is not in the GSM alphabet.
fn replacement(c: char) -> Option<String> {
    let fixed = match c {
        '’' | '‘' | '‚' | '‛' | '′' | '`' | '´' => "'",
        '“' | '”' | '„' | '«' | '»' | '″' => "\"",
        '‹' => "<",
        '›' => ">",
        '…' => "...",
        '–' | '—' | '‐' | '‑' | '‒' | '−' | '•' | '·' | '∙' => "-",
        '×' => "x",
        '÷' => "/",
        '°' | 'º' => "o",
        'œ' => "oe",
        'Œ' => "OE",
        '½' => "1/2",
        '¼' => "1/4",
        '¾' => "3/4",
        '²' => "2",
        '³' => "3",
        '©' => "(c)",
        '®' => "(r)",
        '™' => "(tm)",
        '→' => "->",
        '\t' | '\u{a0}' | '\u{202f}' | '\u{2000}'..='\u{200a}' => " ",
        // Zero width: joiners, directions, the mark of order, the look of an emoji.
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe0e}' | '\u{fe0f}' => "",
        _ => return without_accent(c),
    };
    Some(fixed.to_owned())
}

/// The letter without its accent: `ê` → `e`. A `«` with its no-break space needs no rule of its own.
fn without_accent(c: char) -> Option<String> {
    use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
    if is_combining_mark(c) {
        return Some(String::new());
    }
    let bare: String = c.nfd().filter(|part| !is_combining_mark(*part)).collect();
    (bare.chars().ne([c]) && !bare.is_empty() && bare.chars().all(|part| septets(part).is_some()))
        .then_some(bare)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]
    use proptest::prelude::*;

    use super::{BASIC, EXTENSION, SmsEncoding, measure, plain};

    fn parts(text: &str) -> (SmsEncoding, u32, u32) {
        let measured = measure(text);
        (measured.encoding, measured.units, measured.parts)
    }

    /// The table of the reference, to the letter.
    #[test]
    fn the_table_of_lengths() {
        use SmsEncoding::{Gsm7, Ucs2};
        let euro = format!("{}€{}", "a".repeat(152), "a".repeat(152));
        for (text, expected) in [
            (String::new(), (Gsm7, 0, 0)),
            ("a".repeat(160), (Gsm7, 160, 1)),
            ("a".repeat(161), (Gsm7, 161, 2)),
            ("a".repeat(306), (Gsm7, 306, 2)),
            ("a".repeat(307), (Gsm7, 307, 3)),
            ("€".repeat(80), (Gsm7, 160, 1)),
            ("€".repeat(81), (Gsm7, 162, 2)),
            (euro, (Gsm7, 306, 3)),
            ("é".repeat(160), (Gsm7, 160, 1)),
            ("ê".repeat(70), (Ucs2, 70, 1)),
            ("ê".repeat(71), (Ucs2, 71, 2)),
            ("😀".repeat(35), (Ucs2, 70, 1)),
            ("😀".repeat(36), (Ucs2, 72, 2)),
            ("Menu à 25 €, soirée crêpes".to_owned(), (Ucs2, 26, 1)),
            ("ça".to_owned(), (Ucs2, 2, 1)),
            ("Ça".to_owned(), (Gsm7, 2, 1)),
        ] {
            assert_eq!(parts(&text), expected, "{text}");
        }
        assert_eq!(BASIC.chars().count(), 127, "128 places, one of them the escape");
        assert_eq!(EXTENSION.chars().count(), 10);
    }

    #[test]
    fn culprits_are_named_once_with_a_cheap_way_to_say_it() {
        let text = "L’œuf… «\u{a0}crêpe\u{a0}» 🥚 L’été";
        let measured = measure(text);
        let named: Vec<(char, u32, Option<&str>)> =
            measured.culprits.iter().map(|c| (c.character, c.count, c.replacement.as_deref())).collect();
        let expected = [
            ('’', 2, Some("'")),
            ('œ', 1, Some("oe")),
            ('…', 1, Some("...")),
            ('«', 1, Some("\"")),
            ('\u{a0}', 2, Some(" ")),
            ('ê', 1, Some("e")),
            ('»', 1, Some("\"")),
            ('🥚', 1, None),
        ];
        assert_eq!(named, expected);
        assert_eq!(plain(text), "L'oeuf... \" crepe \" 🥚 L'été");
        assert_eq!(plain("À l’Île-d’Yeu, 25\u{202f}€"), "A l'Ile-d'Yeu, 25 €");
    }

    /// Fills one part after another, as a telephone does, in the most obvious way.
    fn reference(text: &str) -> u32 {
        let gsm = text.chars().all(|c| BASIC.contains(c) || EXTENSION.contains(c));
        let pieces: Vec<Vec<u16>> = text
            .chars()
            .map(|c| match gsm {
                true if EXTENSION.contains(c) => vec![0x1B, c as u32 as u16],
                true => vec![c as u32 as u16],
                false => c.encode_utf16(&mut [0; 2]).to_vec(),
            })
            .collect();
        let (alone, each) = if gsm { (160, 153) } else { (70, 67) };
        if pieces.concat().is_empty() {
            return 0;
        }
        if pieces.concat().len() <= alone {
            return 1;
        }
        let mut messages: Vec<Vec<u16>> = vec![Vec::new()];
        for piece in pieces {
            if messages.last().unwrap().len() + piece.len() > each {
                messages.push(Vec::new());
            }
            messages.last_mut().unwrap().extend(piece);
        }
        messages.len() as u32
    }

    fn texts() -> impl Strategy<Value = String> {
        let letters = prop_oneof![
            8 => proptest::char::range('a', 'z'),
            2 => Just('é'),
            2 => Just('€'),
            1 => Just('['),
        ];
        let dear = prop_oneof![6 => letters.clone(), 1 => Just('ê'), 1 => Just('😀'), 1 => any::<char>()];
        let gsm = proptest::collection::vec(letters, 0..700).prop_map(String::from_iter);
        prop_oneof![gsm, proptest::collection::vec(dear, 0..400).prop_map(String::from_iter)]
    }

    proptest! {
        #[test]
        fn parts_are_those_of_a_telephone(text in texts()) {
            let measured = measure(&text);
            prop_assert_eq!(measured.parts, reference(&text));
            let utf16 = text.encode_utf16().count() as u32;
            if measured.encoding == SmsEncoding::Ucs2 {
                prop_assert_eq!(measured.units, utf16);
            }
            prop_assert_eq!(measured.characters as usize, text.chars().count());
        }

        /// The cheap text never costs more in parts than it had characters to begin with, names no culprit
        /// that has a replacement, and making it cheap twice changes nothing.
        #[test]
        fn plain_leaves_only_what_has_no_replacement(text in texts()) {
            let cheap = plain(&text);
            prop_assert!(measure(&cheap).culprits.iter().all(|culprit| culprit.replacement.is_none()));
            prop_assert_eq!(plain(&cheap), cheap);
        }
    }
}
