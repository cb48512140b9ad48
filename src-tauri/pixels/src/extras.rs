//! What a file says beside its pixels: how it was held, and whether it knows where it was taken.
//!
//! Read only to tell the owner what was taken out. Whatever cannot be read is treated as absent.

use image::ImageDecoder as _;
use image::metadata::Orientation;

use crate::decode::{Format, open};

/// EXIF tag of the directory with the position.
const POSITION: u16 = 0x8825;
/// Bytes of one directory entry.
const ENTRY: usize = 12;

/// What was found beside the pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extras {
    /// The pixels are stored turned or mirrored.
    pub is_turned: bool,
    /// A position is written in the EXIF or XMP part.
    pub has_position: bool,
}

/// Reads the extras of a picture; a picture that cannot be read has none.
pub fn extras(bytes: &[u8], format: Format) -> Extras {
    let Ok(mut decoder) = open(bytes, format) else { return Extras::default() };
    let exif = decoder.exif_metadata().ok().flatten();
    let xmp = decoder.xmp_metadata().ok().flatten();
    let orientation = exif.as_deref().and_then(Orientation::from_exif_chunk);
    Extras {
        is_turned: orientation.is_some_and(|orientation| orientation != Orientation::NoTransforms),
        has_position: exif.as_deref().is_some_and(|exif| names_position(exif) == Some(true))
            || xmp.is_some_and(|xmp| xmp.windows(11).any(|part| part == b"GPSLatitude")),
    }
}

/// Whether the main directory of an EXIF part points to a position. `None` when it cannot be read.
fn names_position(exif: &[u8]) -> Option<bool> {
    let is_big = match exif.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes: [u8; 2] = exif.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let first: [u8; 4] = exif.get(4..8)?.try_into().ok()?;
    let first = if is_big { u32::from_be_bytes(first) } else { u32::from_le_bytes(first) };
    let first = usize::try_from(first).ok()?;
    let count = usize::from(short(first)?);
    // A directory that is cut short ends the search.
    let mut tags = (0..count).map_while(|index| short(first + 2 + index * ENTRY));
    Some(tags.any(|tag| tag == POSITION))
}
