//! Reading a picture: its header, or its pixels upright and in sRGB.

use std::io::Cursor;

use image::codecs::{gif::GifDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, Limits, Rgb, RgbImage, RgbaImage};

use crate::PixelError;
use crate::color::to_srgb;

/// Most bytes for what a PNG unfolds beside its pixels (colour profile, notes) and for one of its rows.
/// Profiles of screens and cameras are far below; one that is not is left unread, as any unreadable one.
const MAX_PNG_EXTRAS: u64 = 16 * 1024 * 1024;

/// The formats that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Jpeg,
    Png,
    WebP,
    Gif,
}

/// Returns width and height as stored, from the header alone.
///
/// They come from the very decoder that [`decode`] uses, so that no second
/// parser can be told a different size.
///
/// # Errors
/// When the header cannot be read.
pub fn dimensions(bytes: &[u8], format: Format) -> Result<(u32, u32), PixelError> {
    Ok(open(bytes, format)?.dimensions())
}

/// Decodes the (first) picture: EXIF orientation applied, transparency on white,
/// colours converted to sRGB. Takes at most `max_alloc_bytes` for the pixels.
///
/// # Errors
/// When the bytes are damaged or the limit is passed.
pub fn decode(bytes: &[u8], format: Format, max_alloc_bytes: u64) -> Result<RgbImage, PixelError> {
    let mut decoder = open(bytes, format)?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(max_alloc_bytes);
    decoder.set_limits(limits)?;
    // Unreadable extras are not a reason to refuse a picture that can be seen.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();

    let mut upright = match to_srgb(DynamicImage::from_decoder(decoder)?, profile.as_deref()) {
        image if image.color().has_alpha() => DynamicImage::ImageRgb8(flatten_on_white(&image.into_rgba8())),
        image => DynamicImage::ImageRgb8(image.into_rgb8()),
    };
    upright.apply_orientation(orientation);
    Ok(upright.into_rgb8())
}

pub(crate) fn open(bytes: &[u8], format: Format) -> Result<Box<dyn ImageDecoder + '_>, PixelError> {
    let input = Cursor::new(bytes);
    Ok(match format {
        Format::Jpeg => Box::new(JpegDecoder::new(input)?),
        Format::Png => {
            let mut limits = Limits::no_limits();
            // Only here: the decoder unfolds the profile while it is opened, and later limits come too late.
            limits.max_alloc = Some(MAX_PNG_EXTRAS);
            Box::new(PngDecoder::with_limits(input, limits)?)
        }
        Format::WebP => Box::new(WebPDecoder::new(input)?),
        Format::Gif => Box::new(GifDecoder::new(input)?),
    })
}

fn flatten_on_white(pixels: &RgbaImage) -> RgbImage {
    let mut flat = RgbImage::new(pixels.width(), pixels.height());
    for (to, from) in flat.pixels_mut().zip(pixels.pixels()) {
        let [r, g, b, a] = from.0;
        let over_white = |channel: u8| {
            let (channel, alpha) = (u32::from(channel), u32::from(a));
            ((channel * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        };
        *to = Rgb([over_white(r), over_white(g), over_white(b)]);
    }
    flat
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use image::{ExtendedColorType, ImageDecoder as _, ImageEncoder as _, codecs::png::PngEncoder};

    use super::{Format, decode, open};

    /// A PNG of 2 × 2 white pixels with a colour profile of so many zeros, which take no room in the file.
    fn png_with_profile(length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = PngEncoder::new(&mut bytes);
        encoder.set_icc_profile(vec![0; length]).unwrap();
        encoder.write_image(&[255; 12], 2, 2, ExtendedColorType::Rgb8).unwrap();
        bytes
    }

    #[test]
    fn a_colour_profile_that_unfolds_without_end_is_left_unread() {
        let unfolded = |bytes: &[u8]| {
            open(bytes, Format::Png).unwrap().icc_profile().unwrap().map(|profile| profile.len())
        };
        assert_eq!(unfolded(&png_with_profile(1024 * 1024)), Some(1024 * 1024));
        let bomb = png_with_profile(64 * 1024 * 1024);
        assert!(bomb.len() < 1024 * 1024, "{} bytes are no bomb", bomb.len());
        assert_eq!(unfolded(&bomb), None);
        // The picture itself can be seen.
        assert_eq!(decode(&bomb, Format::Png, 1024).unwrap().get_pixel(1, 1).0, [255; 3]);
    }
}
