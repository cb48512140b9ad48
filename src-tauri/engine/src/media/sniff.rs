//! What a file really is, from its first bytes.
//!
//! Names and content types sent by a browser or a web server are never looked
//! at: phones name HEIC files `.jpg` and error pages arrive as `image/jpeg`.
//! Foreign types are recognised only to say in the refusal what was found.

use vieux_moulin_pixels::{Format, dimensions};

use super::MediaError;

/// What the header of an image says. Width and height are in pixels, before the
/// EXIF orientation is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageHeader {
    pub format: Format,
    pub width: u32,
    pub height: u32,
}

/// Returns the type of `bytes`.
///
/// # Errors
/// `media_empty`, `media_not_an_image`, `media_type_unsupported`.
pub fn sniff(bytes: &[u8]) -> Result<Format, MediaError> {
    if bytes.is_empty() {
        return Err(MediaError::Empty);
    }
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Ok(Format::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Format::Png);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP".as_slice()) {
        return Ok(Format::WebP);
    }
    if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        return Ok(Format::Gif);
    }
    Err(match foreign_image(bytes) {
        Some(found) => MediaError::TypeUnsupported { found },
        None => MediaError::NotAnImage { found: foreign_file(bytes) },
    })
}

/// Returns type and dimensions without decoding a pixel.
///
/// # Errors
/// Those of [`sniff`], and `media_damaged` when the header cannot be read.
pub fn probe(bytes: &[u8]) -> Result<ImageHeader, MediaError> {
    let format = sniff(bytes)?;
    let (width, height) = dimensions(bytes, format)?;
    Ok(ImageHeader { format, width, height })
}

/// Returns the name of an image type that we recognise but do not read.
fn foreign_image(bytes: &[u8]) -> Option<&'static str> {
    if let Some(brands) = iso_media_brands(bytes) {
        let has = |wanted: &[&[u8]]| brands.chunks_exact(4).any(|brand| wanted.contains(&brand));
        // An AVIF file also lists the general brand mif1, so it is asked first.
        if has(&[b"avif", b"avis"]) {
            return Some("avif");
        }
        if has(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"]) {
            return Some("heic");
        }
        if has(&[b"crx "]) {
            return Some("raw");
        }
        return None;
    }
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if starts(b"II*\0") || starts(b"MM\0*") {
        return Some("tiff");
    }
    // "BM" alone would also be the start of a text; the reserved bytes are zero in a bitmap.
    if starts(b"BM") && bytes.get(6..10) == Some(&[0; 4]) {
        return Some("bmp");
    }
    if starts(b"\xFF\x0A") || starts(b"\0\0\0\x0CJXL ") {
        return Some("jpeg_xl");
    }
    if starts(b"8BPS") {
        return Some("photoshop");
    }
    if starts(&[0, 0, 1, 0]) {
        return Some("icon");
    }
    let head = text_head(bytes)?;
    let is_svg = head.starts_with("<svg") || (head.starts_with("<?xml") && head.contains("<svg"));
    is_svg.then_some("svg")
}

/// Returns a stable word for a file that is not an image.
fn foreign_file(bytes: &[u8]) -> &'static str {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if iso_media_brands(bytes).is_some()
        || starts(&[0x1A, 0x45, 0xDF, 0xA3])
        || (starts(b"RIFF") && bytes.get(8..12) == Some(b"AVI ".as_slice()))
    {
        return "video";
    }
    if starts(b"ID3") || (starts(b"RIFF") && bytes.get(8..12) == Some(b"WAVE".as_slice())) {
        return "sound";
    }
    if starts(b"%PDF") {
        return "pdf";
    }
    if starts(b"PK\x03\x04") {
        // Also every office document: all of them are zip archives.
        return "archive";
    }
    match text_head(bytes) {
        Some(head) if head.starts_with("<!doctype html") || head.starts_with("<html") => "html",
        Some(_) => "text",
        None => "unknown",
    }
}

/// Returns the brands of an ISO base media file (HEIC, AVIF, MP4, QuickTime).
fn iso_media_brands(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.get(4..8)? != b"ftyp" {
        return None;
    }
    let size = u32::from_be_bytes(bytes.get(0..4)?.try_into().ok()?);
    let end = usize::try_from(size).ok()?.clamp(12, 256).min(bytes.len());
    bytes.get(8..end)
}

/// Returns the first characters in lower case when the file is readable text.
fn text_head(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..1024).unwrap_or(bytes);
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character cut by the end of the window is still text.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let is_text = !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    is_text.then(|| text.trim_start_matches('\u{FEFF}').trim_start().to_lowercase())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::media::testing::{gif, heic_header, jpeg, png, png_header, webp};

    #[test]
    fn the_four_types_are_named_with_their_size() {
        for (bytes, format) in [
            (jpeg(31, 17), Format::Jpeg),
            (png(31, 17), Format::Png),
            (webp(31, 17), Format::WebP),
            (gif(31, 17), Format::Gif),
        ] {
            let header = probe(&bytes).unwrap();
            assert_eq!((header.format, header.width, header.height), (format, 31, 17));
        }
    }

    #[test]
    fn a_refusal_says_what_was_found() {
        let mut mp4 = b"\0\0\0\x18ftypisom\0\0\x02\0isommp42".to_vec();
        mp4.extend_from_slice(&[0; 40]);
        let avif = b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf";
        for (bytes, code, word) in [
            (heic_header(), "media_type_unsupported", "heic"),
            (avif.to_vec(), "media_type_unsupported", "avif"),
            (b"BM\x36\0\0\0\0\0\0\0".to_vec(), "media_type_unsupported", "bmp"),
            (b"II*\0rest".to_vec(), "media_type_unsupported", "tiff"),
            (b"<?xml version='1.0'?><svg/>".to_vec(), "media_type_unsupported", "svg"),
            (mp4, "media_not_an_image", "video"),
            (b"%PDF-1.7".to_vec(), "media_not_an_image", "pdf"),
            (b"PK\x03\x04docx".to_vec(), "media_not_an_image", "archive"),
            (b"\n<!DOCTYPE html><p>404".to_vec(), "media_not_an_image", "html"),
            ("Menu du jour : œufs à la crème".into(), "media_not_an_image", "text"),
            (b"BMW en panne".to_vec(), "media_not_an_image", "text"),
            (vec![7; 90], "media_not_an_image", "unknown"),
        ] {
            let error = sniff(&bytes).unwrap_err();
            assert_eq!(error.code(), code, "{word}");
            assert!(error.to_string().contains(word), "{error} should say {word}");
        }
        assert_eq!(sniff(&[]).unwrap_err().code(), "media_empty");
    }

    #[test]
    fn text_cut_inside_a_character_is_still_text() {
        let mut text = "a".repeat(1023);
        text.push('é');
        let error = sniff(text.as_bytes()).unwrap_err();
        assert!(matches!(error, MediaError::NotAnImage { found: "text" }));
    }

    #[test]
    fn a_hundred_megapixels_are_read_from_the_header_alone() {
        let header = probe(&png_header(10_000, 10_000)).unwrap();
        assert_eq!((header.width, header.height), (10_000, 10_000));
    }
}
