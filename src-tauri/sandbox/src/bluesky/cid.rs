//! Content ids as the network computes them: CIDv1, SHA-256, over raw bytes or DAG-CBOR.

use serde_json::Value;

use crate::media::sha256;

const RAW: u8 = 0x55;
const DAG_CBOR: u8 = 0x71;

/// Content id of a blob.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    cid(RAW, bytes)
}

/// Content id of a record; `None` when it holds something that a record may not hold (a fraction).
pub(super) fn of_record(record: &Value) -> Option<String> {
    let mut out = Vec::new();
    encode(record, &mut out)?;
    Some(cid(DAG_CBOR, &out))
}

fn cid(codec: u8, bytes: &[u8]) -> String {
    let mut raw = vec![1, codec, 0x12, 0x20];
    raw.extend(sha256(bytes));
    format!("b{}", base32(&raw))
}

fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = String::new();
    let mut letter = |value: u32| {
        text.push(char::from(ALPHABET.get((value & 31) as usize).copied().unwrap_or(b'a')));
    };
    let (mut buffer, mut bits) = (0u32, 0u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            letter(buffer >> bits);
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        letter(buffer << (5 - bits));
    }
    text
}

fn unbase32(text: &str) -> Option<Vec<u8>> {
    let (mut buffer, mut bits, mut bytes) = (0u32, 0u32, Vec::new());
    for c in text.bytes() {
        let value = match c {
            b'a'..=b'z' => c - b'a',
            b'2'..=b'7' => c - b'2' + 26,
            _ => return None,
        };
        buffer = (buffer << 5) | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

fn head(major: u8, length: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    match length {
        0..0x18 => out.push(major | length as u8),
        0x18..0x100 => out.extend([major | 0x18, length as u8]),
        0x100..0x1_0000 => {
            out.push(major | 0x19);
            out.extend((length as u16).to_be_bytes());
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 0x1a);
            out.extend((length as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 0x1b);
            out.extend(length.to_be_bytes());
        }
    }
}

fn encode(value: &Value, out: &mut Vec<u8>) -> Option<()> {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(false) => out.push(0xf4),
        Value::Bool(true) => out.push(0xf5),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(positive), _) => head(0, positive, out),
            (None, Some(negative)) => head(1, negative.unsigned_abs() - 1, out),
            (None, None) => return None,
        },
        Value::String(text) => {
            head(3, text.len() as u64, out);
            out.extend(text.as_bytes());
        }
        Value::Array(items) => {
            head(4, items.len() as u64, out);
            for item in items {
                encode(item, out)?;
            }
        }
        Value::Object(map) => {
            if let (1, Some(Value::String(link))) = (map.len(), map.get("$link")) {
                let bytes = unbase32(link.strip_prefix('b')?)?;
                out.extend([0xd8, 0x2a]);
                head(2, bytes.len() as u64 + 1, out);
                out.push(0);
                out.extend(bytes);
                return Some(());
            }
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
            head(5, entries.len() as u64, out);
            for (key, value) in entries {
                head(3, key.len() as u64, out);
                out.extend(key.as_bytes());
                encode(value, out)?;
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn known_content_ids() {
        // Published values: the empty raw block and the empty DAG-CBOR map.
        assert_eq!(of_bytes(b""), "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
        assert_eq!(
            of_record(&json!({})).as_deref(),
            Some("bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua")
        );
    }

    #[test]
    fn order_of_keys_does_not_matter_and_fractions_are_refused() {
        assert_eq!(
            of_record(&json!({"b": 1, "aa": [true, null, -7]})),
            of_record(&json!({"aa": [true, null, -7], "b": 1}))
        );
        assert_eq!(of_record(&json!({"x": 0.5})), None);
    }
}
