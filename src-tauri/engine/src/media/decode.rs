//! From the bytes of a file to upright sRGB pixels, or a clear refusal.
//!
//! The size is judged from the header before a pixel is decoded, so that a small
//! file that unfolds into gigabytes costs nothing. Of an animation the first
//! picture is kept. Transparency becomes white, as the networks' JPEG has none
//! and some of them would make it black. What leaves here is bare pixels: no
//! EXIF, no position, no profile.

use vieux_moulin_pixels::{Format, PixelError, RgbImage};

use super::MediaError;
use super::sniff::probe;

/// Largest file that is looked at.
pub const MAX_INPUT_BYTES: u64 = 64 * 1024 * 1024;
/// Most pixels that are decoded (reliability.md section 8).
pub const MAX_PIXELS: u64 = 50_000_000;
/// 50 megapixels at the widest pixel of the four formats (RGBA, 16 bits) and some scratch.
const MAX_DECODER_ALLOC_BYTES: u64 = 512 * 1024 * 1024;

/// Decodes `bytes` into upright sRGB pixels. Slow: call it off the async threads.
///
/// # Errors
/// `media_empty`, `media_not_an_image`, `media_type_unsupported`,
/// `media_too_large`, `media_too_many_pixels`, `media_damaged`.
pub fn decode(bytes: &[u8]) -> Result<RgbImage, MediaError> {
    if bytes.len() as u64 > MAX_INPUT_BYTES {
        return Err(MediaError::TooLarge { max_bytes: MAX_INPUT_BYTES });
    }
    let header = probe(bytes)?;
    if u64::from(header.width) * u64::from(header.height) > MAX_PIXELS {
        return Err(MediaError::TooManyPixels {
            width: header.width,
            height: header.height,
            max_pixels: MAX_PIXELS,
        });
    }
    // The decoder paints a missing end in grey; half a dish must not be posted.
    if header.format == Format::Jpeg && !jpeg_is_complete(bytes) {
        return Err(MediaError::Damaged { detail: "the file ends before the picture does".to_owned() });
    }
    Ok(vieux_moulin_pixels::decode(bytes, header.format, MAX_DECODER_ALLOC_BYTES)?)
}

impl From<PixelError> for MediaError {
    fn from(error: PixelError) -> Self {
        Self::Damaged { detail: error.to_string() }
    }
}

/// Whether the end-of-image marker is reached by walking the segments.
///
/// Searching for the two bytes would be fooled by the thumbnail in the EXIF
/// segment; in the coded pixels themselves 0xFF is always followed by 0x00 or a
/// restart marker.
fn jpeg_is_complete(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        let Some(offset) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0xFF)) else {
            return false;
        };
        at += offset + 1;
        match bytes.get(at) {
            None => return false,
            Some(0xD9) => return true,
            // Fill byte: the marker comes after it.
            Some(0xFF) => {}
            // Stuffed byte, restart marker, start of image, TEM: no length follows.
            Some(0x00 | 0x01 | 0xD0..=0xD8) => at += 1,
            Some(_) => {
                let Some(length) = bytes.get(at + 1..at + 3) else {
                    return false;
                };
                let length = length.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte));
                at += 1 + length.max(2);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::media::testing::{
        add_exif, black_png_bomb, corner_marked, encode_jpeg, encode_png_rgba, gif, heic_header, jpeg, noise,
        png, png_header, webp,
    };
    use image::{DynamicImage, Rgba, RgbaImage};

    #[test]
    fn the_four_types_decode() {
        for bytes in [jpeg(40, 30), png(40, 30), webp(40, 30), gif(40, 30)] {
            assert_eq!(decode(&bytes).unwrap().dimensions(), (40, 30));
        }
    }

    #[test]
    fn every_orientation_brings_the_marked_corner_up_left() {
        // Where the camera stored the corner that a viewer must show up left,
        // for EXIF values 1 to 8; values above 4 also swap the sides.
        let stored = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0), (0, 1), (1, 1), (1, 0)];
        for (orientation, corner) in (1_u16..).zip(stored) {
            let plain = encode_jpeg(&corner_marked(64, 48, corner), 95);
            let pixels = decode(&add_exif(&plain, orientation)).unwrap();
            let expected = if orientation > 4 { (48, 64) } else { (64, 48) };
            assert_eq!(pixels.dimensions(), expected, "orientation {orientation}");
            let [r, g, b] = pixels.get_pixel(4, 4).0;
            assert!(r > 200 && g < 80 && b < 80, "orientation {orientation} puts {r},{g},{b} up left");
        }
    }

    #[test]
    fn transparency_becomes_white() {
        let mut pixels = RgbaImage::from_pixel(8, 8, Rgba([10, 20, 30, 0]));
        pixels.put_pixel(3, 3, Rgba([200, 0, 0, 128]));
        pixels.put_pixel(5, 5, Rgba([1, 2, 3, 255]));
        let flat = decode(&encode_png_rgba(&pixels)).unwrap();
        assert_eq!(flat.get_pixel(0, 0).0, [255, 255, 255]);
        assert_eq!(flat.get_pixel(3, 3).0, [227, 127, 127]);
        assert_eq!(flat.get_pixel(5, 5).0, [1, 2, 3]);
    }

    #[test]
    fn a_cmyk_jpeg_keeps_its_colours() {
        let bytes = include_bytes!("../../../../tests/fixtures/media/cmyk.jpg");
        let pixels = decode(bytes).unwrap();
        let [r, g, b] = pixels.get_pixel(8, 8).0;
        assert!(r > 190 && g < 70 && b < 70, "red half is {r},{g},{b}");
        let [r, g, b] = pixels.get_pixel(24, 8).0;
        assert!(r > 230 && g > 230 && b > 230, "white half is {r},{g},{b}");
    }

    #[test]
    fn a_grey_jpeg_becomes_rgb() {
        let grey = DynamicImage::ImageRgb8(noise(32, 32)).into_luma8();
        let mut bytes = Vec::new();
        image::codecs::jpeg::JpegEncoder::new(&mut bytes).encode_image(&grey).unwrap();
        let pixels = decode(&bytes).unwrap();
        assert!(pixels.pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]));
    }

    #[test]
    fn bombs_are_refused_before_decoding() {
        for bytes in [png_header(10_000, 10_000), black_png_bomb()] {
            assert!(bytes.len() < 1_000_000, "a bomb is small: {}", bytes.len());
            let error = decode(&bytes).unwrap_err();
            assert!(matches!(error, MediaError::TooManyPixels { width: 10_000, height: 10_000, .. }));
        }
    }

    #[test]
    fn a_file_over_the_limit_is_refused_by_its_length() {
        let bytes = vec![0xFF; MAX_INPUT_BYTES as usize + 1];
        assert_eq!(decode(&bytes).unwrap_err().code(), "media_too_large");
    }

    #[test]
    fn cut_files_are_damaged_wherever_they_are_cut() {
        // The EXIF thumbnail holds an end marker of its own, which must not count.
        let photo = add_exif(&encode_jpeg(&noise(320, 240), 90), 1);
        let picture = encode_png_rgba(&DynamicImage::ImageRgb8(noise(64, 64)).into_rgba8());
        for whole in [photo, picture, webp(64, 64)] {
            decode(&whole).unwrap();
            for share in [20, 50, 80, 95] {
                let cut = &whole[..whole.len() * share / 100];
                let code = decode(cut).unwrap_err().code();
                assert_eq!(code, "media_damaged", "cut at {share} %");
            }
        }
    }

    #[test]
    fn bytes_after_the_end_are_tolerated() {
        let mut bytes = jpeg(40, 30);
        bytes.extend_from_slice(b"second picture of a multi-picture file");
        assert!(decode(&bytes).is_ok());
    }

    #[test]
    fn foreign_files_are_refused() {
        assert_eq!(decode(&heic_header()).unwrap_err().code(), "media_type_unsupported");
        assert_eq!(decode(b"Bonjour").unwrap_err().code(), "media_not_an_image");
        assert_eq!(decode(&[]).unwrap_err().code(), "media_empty");
        assert_eq!(decode(&[0xFF, 0xD8, 0xFF, 0xE0]).unwrap_err().code(), "media_damaged");
    }

    #[test]
    fn a_line_of_one_pixel_is_a_picture() {
        assert_eq!(decode(&png(1, 5000)).unwrap().dimensions(), (1, 5000));
    }
}
