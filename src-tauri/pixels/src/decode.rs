//! Reading a picture: its header, or its pixels upright and in sRGB.

use std::io::Cursor;

use image::codecs::{gif::GifDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, Limits, Rgb, RgbImage, RgbaImage};

use crate::PixelError;
use crate::color::to_srgb;

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
        Format::Png => Box::new(PngDecoder::new(input)?),
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
