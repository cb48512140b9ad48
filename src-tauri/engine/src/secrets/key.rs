//! The 32 bytes themselves.

use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Key of the database. Wiped when dropped; deliberately without `Debug`,
/// `Display` and `Serialize`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// Makes a new key from the system's random source.
    pub fn generate() -> Self {
        use rand::RngCore as _;
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        let key = Self(bytes);
        bytes.zeroize();
        key
    }

    /// `None` unless there are exactly 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let text = text.trim().as_bytes();
        if text.len() != 64 {
            return None;
        }
        let mut bytes = Zeroizing::new([0_u8; 32]);
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(*bytes))
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 hexadecimal digits: the form in which SQLCipher takes a raw key and
    /// in which keyrings that only hold text keep it.
    pub fn to_hex(&self) -> Zeroizing<String> {
        use std::fmt::Write as _;
        let mut text = Zeroizing::new(String::with_capacity(64));
        for byte in self.0 {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Fingerprint that may be written in the open: it tells two keys apart and
    /// says nothing about them.
    pub fn id(&self) -> String {
        let digest = Sha256::new().chain_update(b"vieux-moulin key id v1").chain_update(self.0).finalize();
        let head: [u8; 8] = std::array::from_fn(|i| digest.get(i).copied().unwrap_or_default());
        format!("{:016x}", u64::from_be_bytes(head))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::MasterKey;

    #[test]
    fn hexadecimal_form_round_trips_and_refuses_anything_else() {
        let key = MasterKey::generate();
        assert_eq!(MasterKey::from_hex(&key.to_hex()).unwrap().as_bytes(), key.as_bytes());
        for text in ["", "00", &"g".repeat(64), &"0".repeat(65), &"é".repeat(32)] {
            assert!(MasterKey::from_hex(text).is_none(), "{text}");
        }
    }

    #[test]
    fn two_keys_have_two_ids() {
        assert_ne!(MasterKey::generate().id(), MasterKey::generate().id());
    }
}
