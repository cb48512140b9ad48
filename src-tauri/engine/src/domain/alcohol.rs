//! Words that make a message an advertisement for alcohol, and what French law wants beside it.
//!
//! A guard, not a judge: it errs on the side of asking, because the owner knows whether the happy hour is
//! one of lemonade. Dishes cooked with wine do not count. (Code de la santé publique, L.3323-4.)

/// The compulsory mention.
pub const MENTION: &str = "L’abus d’alcool est dangereux pour la santé, à consommer avec modération.";

/// The same in the GSM alphabet.
pub const MENTION_SMS: &str = "L'abus d'alcool est dangereux pour la santé, à consommer avec modération.";

/// What tells that the mention is there already, bare.
const MENTIONED: [&str; 3] = ["abus", "d", "alcool"];

/// Bare words; several in a row where there is a space.
const WORDS: &[&str] = &[
    "happy hour",
    "happy hours",
    "alcool",
    "alcools",
    "alcohol",
    "vin",
    "vins",
    "wine",
    "wines",
    "biere",
    "bieres",
    "beer",
    "beers",
    "champagne",
    "cremant",
    "prosecco",
    "cidre",
    "cider",
    "cocktail",
    "cocktails",
    "apero",
    "aperos",
    "aperitif",
    "aperitifs",
    "digestif",
    "digestifs",
    "spiritueux",
    "whisky",
    "whiskey",
    "rhum",
    "rum",
    "gin",
    "vodka",
    "tequila",
    "pastis",
    "ricard",
    "cognac",
    "armagnac",
    "calvados",
    "liqueur",
    "liqueurs",
    "mojito",
    "mojitos",
    "spritz",
    "sangria",
    "punch",
    "kir",
    "pineau",
    "lillet",
    "porto",
    "martini",
];

/// In a dish: « coq au vin », « sauce au champagne », "in red wine".
const COOKED: [&str; 5] = ["au", "aux", "sauce", "vinaigre", "flambe"];

/// The words of a text that speak of alcohol, each once, in the order of the text; nothing where it
/// carries the mention already.
pub fn words(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    if carries_mention(&tokens) {
        return Vec::new();
    }
    let mut found: Vec<String> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let cooked = at
            .checked_sub(1)
            .and_then(|before| tokens.get(before))
            .is_some_and(|before| COOKED.contains(&before.as_str()));
        let pair = tokens.get(at + 1).map(|next| format!("{token} {next}"));
        let word = match pair {
            Some(pair) if WORDS.contains(&pair.as_str()) => pair,
            _ if !cooked && WORDS.contains(&token.as_str()) => token.clone(),
            _ => continue,
        };
        if !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

fn carries_mention(tokens: &[String]) -> bool {
    tokens.windows(MENTIONED.len()).any(|window| window.iter().map(String::as_str).eq(MENTIONED))
}

/// Words in small letters without accents.
fn tokens(text: &str) -> Vec<String> {
    use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
    let mut tokens = vec![String::new()];
    for c in text.nfd().filter(|c| !is_combining_mark(*c)) {
        match tokens.last_mut() {
            Some(last) if c.is_alphanumeric() => last.extend(c.to_lowercase()),
            Some(last) if !last.is_empty() => tokens.push(String::new()),
            _ => {}
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

#[cfg(test)]
mod tests {
    use super::{MENTION, MENTION_SMS, words};
    use crate::domain::sms::{SmsEncoding, measure};

    #[test]
    fn drinks_are_found_and_dishes_are_not() {
        for (text, expected) in [
            ("Happy Hour : -20% jusqu’à dimanche", vec!["happy hour"]),
            ("HAPPY-HOUR dès 18 h, bières et Vins", vec!["happy hour", "bieres", "vins"]),
            ("Soirée dégustation de vin, un vin par plat", vec!["vin"]),
            ("Un verre d’apéritif offert", vec!["aperitif"]),
            ("Wine tasting on Friday", vec!["wine"]),
            ("Coq au vin et moules sauce champagne", vec![]),
            ("Lamproie à la bordelaise, gratin, vinaigrette, originale", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn the_mention_settles_it() {
        assert!(words(&format!("Happy Hour. {MENTION}")).is_empty());
        assert!(words(&format!("Happy Hour. {MENTION_SMS}")).is_empty());
        assert!(words(&format!("Happy Hour. {}", MENTION.to_uppercase())).is_empty());
        assert_eq!(measure(MENTION_SMS).encoding, SmsEncoding::Gsm7);
    }
}
