//! What taking a photograph in changed, in words for its owner.
//!
//! Only what somebody would want to know: turned upright, the position taken out, another type than it
//! came in. Nothing of it is stored: it is said once, when the file arrives.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vieux_moulin_pixels::{Format, extras};

use super::sniff::sniff;

/// One thing that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaNote {
    /// The camera was held another way: it stands upright now.
    Rotated,
    /// The file said where it was taken; what is kept does not.
    LocationRemoved,
    /// It came as PNG, WebP or GIF and is kept as JPEG.
    Converted,
}

/// Tells what [`Library::add_bytes`](super::Library::add_bytes) changes about a file that it accepts.
pub(super) fn notes(bytes: &[u8]) -> Vec<MediaNote> {
    let Ok(format) = sniff(bytes) else { return Vec::new() };
    let found = extras(bytes, format);
    [
        (found.is_turned, MediaNote::Rotated),
        (found.has_position, MediaNote::LocationRemoved),
        (format != Format::Jpeg, MediaNote::Converted),
    ]
    .into_iter()
    .filter_map(|(is_so, note)| is_so.then_some(note))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::{add_exif, encode_jpeg, gif, gradient, jpeg, png, webp};

    #[test]
    fn each_change_is_named_and_nothing_else() {
        let photo = encode_jpeg(&gradient(64, 48), 90);
        let mut without_position = add_exif(&photo, 6);
        let tag = without_position.windows(2).position(|pair| pair == [0x88, 0x25]);
        if let Some(byte) = tag.and_then(|at| without_position.get_mut(at)) {
            *byte = 0x87;
        }
        for (bytes, expected) in [
            (jpeg(40, 30), vec![]),
            (png(40, 30), vec![MediaNote::Converted]),
            (webp(40, 30), vec![MediaNote::Converted]),
            (gif(40, 30), vec![MediaNote::Converted]),
            (add_exif(&photo, 1), vec![MediaNote::LocationRemoved]),
            (add_exif(&photo, 6), vec![MediaNote::Rotated, MediaNote::LocationRemoved]),
            (without_position, vec![MediaNote::Rotated]),
            (b"Bonjour".to_vec(), vec![]),
        ] {
            assert_eq!(notes(&bytes), expected);
        }
    }

    #[test]
    fn a_broken_directory_is_no_position() {
        let photo = add_exif(&encode_jpeg(&gradient(64, 48), 90), 1);
        let start = photo.windows(6).position(|part| part == b"Exif\0\0").unwrap_or_default() + 6;
        for at in start..start + 40 {
            let mut broken = photo.clone();
            if let Some(byte) = broken.get_mut(at) {
                *byte = 0xFF;
            }
            // Whatever it says, it must not panic.
            let _ = notes(&broken);
        }
    }
}
