//! Takes secrets and personal data out of a line of text.

/// What follows these words is never shown.
const KEYS: [&str; 14] = [
    "access_token",
    "refresh_token",
    "page_token",
    "token",
    "app_password",
    "password",
    "passphrase",
    "client_secret",
    "app_secret",
    "secret",
    "authorization",
    "accessjwt",
    "refreshjwt",
    "cookie",
];
/// Beginnings of well-known secrets.
const BEGINNINGS: [&str; 3] = ["vm_", "EAA", "eyJ"];
const HIDDEN: &str = "[masqué]";

/// Returns the text without tokens, passwords, e-mail addresses and telephone numbers.
pub fn redact(text: &str) -> String {
    hide_phones(&hide_words(&hide_values(&hide_bot_tokens(text))))
}

/// `token=…`, `"password":"…"`, `Authorization: Bearer …`.
fn hide_values(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(key_end) = next_key(&lower, at) {
        let rest = text.get(key_end..).unwrap_or_default();
        let separators = rest.len() - rest.trim_start_matches(['"', '\\', ' ', '=', ':', '\'']).len();
        let has_separator = rest.get(..separators).is_some_and(|s| s.contains(['=', ':']));
        out.push_str(text.get(at..key_end).unwrap_or_default());
        at = key_end;
        if !has_separator {
            continue;
        }
        out.push_str(rest.get(..separators).unwrap_or_default());
        let mut value = rest.get(separators..).unwrap_or_default();
        at += separators;
        for scheme in ["Bearer ", "bearer ", "Basic ", "DPoP "] {
            if let Some(stripped) = value.strip_prefix(scheme) {
                out.push_str(scheme);
                at += value.len() - stripped.len();
                value = stripped;
            }
        }
        let is_quoted = rest.get(..separators).is_some_and(|s| s.ends_with('"'));
        let length = if is_quoted {
            value.find(['"', '\\', '\n'])
        } else {
            value.find(['"', '&', ' ', ',', ';', '}', ')', '\n', '\\', '\''])
        };
        let length = length.unwrap_or(value.len());
        // Shorter ones are words like `none`; hiding them would only hide what happened.
        if length > 4 {
            out.push_str(HIDDEN);
            at += length;
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    hide_bearer(&out)
}

/// The end of the next key at or after `from` that is a word of its own.
fn next_key(lower: &str, from: usize) -> Option<usize> {
    let rest = lower.get(from..)?;
    KEYS.iter()
        .filter_map(|key| {
            let mut search = 0;
            loop {
                let start = search + rest.get(search..)?.find(key)?;
                let end = start + key.len();
                let before = rest.get(..start)?.chars().next_back();
                let after = rest.get(end..)?.chars().next();
                let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
                if !is_word(before) && !is_word(after) {
                    return Some((from + start, from + end));
                }
                search = end;
            }
        })
        .min()
        .map(|(_, end)| end)
}

fn hide_bearer(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("Bearer ") {
        let (head, tail) = rest.split_at(start + "Bearer ".len());
        out.push_str(head);
        let length = tail.find(['"', ' ', ',', '\n', '\\', '\'']).unwrap_or(tail.len());
        if length >= 4 {
            out.push_str(HIDDEN);
        } else {
            out.push_str(tail.get(..length).unwrap_or_default());
        }
        rest = tail.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// `123456789:AAF…`: Telegram's token, which stands in the middle of an address.
fn hide_bot_tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (colon, _) in text.match_indices(':') {
        let (Some(before), Some(after)) = (text.get(from..colon), text.get(colon + 1..)) else { continue };
        let id = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let secret = after.len() - after.trim_start_matches(is_part).len();
        if id >= 6 && secret >= 30 {
            out.push_str(before.get(..before.len() - id).unwrap_or_default());
            out.push_str(HIDDEN);
            from = colon + 1 + secret;
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// E-mail addresses, and words that begin like a known secret.
fn hide_words(text: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+' | '%' | '/' | '=');
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars().chain(std::iter::once('\n')) {
        if is_part(c) {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            let secret = BEGINNINGS.iter().any(|start| word.starts_with(start)) && word.len() >= 20;
            out.push_str(if secret || is_email(&word) { HIDDEN } else { &word });
            word.clear();
        }
        out.push(c);
    }
    out.pop();
    out
}

fn is_email(word: &str) -> bool {
    let word = word.trim_end_matches('.');
    word.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !name.ends_with('/') && host.contains('.') && !host.contains(['@', '/'])
    })
}

/// `+33612345678`, `06 12 34 56 78`: a plus or a zero, then nine digits or more in groups.
fn hide_phones(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let before = at.checked_sub(1).and_then(|i| chars.get(i));
        let starts = !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '+'));
        if starts && let Some(length) = phone_length(chars.get(at..).unwrap_or_default()) {
            out.push_str(HIDDEN);
            at += length;
        } else {
            out.push(c);
            at += 1;
        }
    }
    out
}

fn phone_length(chars: &[char]) -> Option<usize> {
    let international = chars.first() == Some(&'+');
    let start = usize::from(international);
    let (mut digits, mut end) = (0, start);
    for (i, c) in chars.iter().enumerate().skip(start) {
        if c.is_ascii_digit() {
            digits += 1;
            end = i + 1;
        } else if !(matches!(c, ' ' | '.' | '-' | '\u{a0}')
            && chars.get(i + 1).is_some_and(char::is_ascii_digit))
        {
            break;
        }
    }
    let ends = !chars.get(end).is_some_and(|c| c.is_alphanumeric() || matches!(c, ':'));
    let national =
        chars.first() == Some(&'0') && chars.get(1).is_some_and(|c| ('1'..='9').contains(c)) && digits == 10;
    (ends && (national || (international && (9..=15).contains(&digits)))).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn secrets_and_personal_data_go_and_the_rest_stays() {
        for (text, expected) in [
            ("access_token=abcdef&x=1", "access_token=[masqué]&x=1"),
            ("{\"password\":\"deux mots\",\"x\":1}", "{\"password\":\"[masqué]\",\"x\":1}"),
            ("{\"app_password\": \"abcd-efgh\"}", "{\"app_password\": \"[masqué]\"}"),
            ("{\\\"accessJwt\\\":\\\"eyJhbGciOi\\\"}", "{\\\"accessJwt\\\":\\\"[masqué]\\\"}"),
            ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [masqué]"),
            ("sent Bearer abcdefgh.", "sent Bearer [masqué]"),
            ("key vm_0123456789abcdefghij ok", "key [masqué] ok"),
            ("mail to a.b+c@example.fr.", "mail to [masqué]"),
            ("by @levieuxmoulin on https://x.fr/@moi", "by @levieuxmoulin on https://x.fr/@moi"),
            (
                "POST https://api.telegram.org/bot123456789:AAFexample-example_example1234567890/getMe: 401",
                "POST https://api.telegram.org/bot[masqué]/getMe: 401",
            ),
            ("call 06 12 34 56 78 or +33612345678!", "call [masqué] or [masqué]!"),
            (
                "at 2026-11-22T10:00:00.123456Z id 17841400000000001",
                "at 2026-11-22T10:00:00.123456Z id 17841400000000001",
            ),
            ("code=token_expired attempts=3", "code=token_expired attempts=3"),
            ("0199a3c4-0612-7345-9678-001122334455", "0199a3c4-0612-7345-9678-001122334455"),
        ] {
            assert_eq!(redact(text), expected);
        }
    }
}
