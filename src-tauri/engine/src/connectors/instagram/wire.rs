//! Instagram's names for what containers are made of, and which addresses it can take a picture from.

use crate::connectors::graph::containers::{Dialect, as_sent, fetchable};

/// Social-platforms reference 2.2.
pub static DIALECT: Dialect = Dialect {
    edge: "media",
    publish: "media_publish",
    status: "status_code",
    status_words: "status",
    text: "caption",
    recognise: as_sent,
};

/// The picture's own address when Instagram's server may be able to use it as it is: it fetches the
/// original, not our JPEG, and takes JPEG only.
pub fn usable_address(source_url: Option<&str>) -> Option<String> {
    const UNUSABLE: [&str; 11] =
        ["png", "webp", "heic", "heif", "avif", "gif", "tif", "tiff", "bmp", "svg", "pdf"];
    fetchable(source_url, &UNUSABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Social-platforms reference 2.3 and 2.4.
    #[test]
    fn an_address_must_be_public_ascii_and_not_plainly_another_format() {
        let usable = |url| usable_address(Some(url));
        assert_eq!(
            usable("https://moulin.example/été.jpg?x=1").as_deref(),
            Some("https://moulin.example/%C3%A9t%C3%A9.jpg?x=1")
        );
        assert!(usable("https://moulin.example/photo").is_some());
        for bad in [
            "https://moulin.example/photo.PNG",
            "https://moulin.example/a.webp?v=2",
            "file:///a.jpg",
            "a.jpg",
            "",
        ] {
            assert_eq!(usable(bad), None, "{bad}");
        }
        assert_eq!(usable_address(None), None);
    }
}
