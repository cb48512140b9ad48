//! Resizing and writing JPEG.

use fast_image_resize as fr;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

use crate::PixelError;

/// The part of a picture to keep, in its pixels; fractions are allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crop {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// Cuts `crop` out of `pixels` and resizes it to `width` × `height` (Lanczos).
///
/// # Errors
/// When the crop lies outside the picture.
pub fn resize(pixels: &RgbImage, crop: Crop, width: u32, height: u32) -> Result<RgbImage, PixelError> {
    let failed = |error: &dyn std::fmt::Display| PixelError::Resize(error.to_string());
    // Typed images: the untyped ones would compile the loops of every pixel type,
    // minutes of work for one that is used.
    let source = TypedImageRef::<U8x3>::from_buffer(pixels.width(), pixels.height(), pixels.as_raw())
        .map_err(|error| failed(&error))?;
    let mut resized = RgbImage::new(width, height);
    let mut target =
        TypedImage::<U8x3>::from_buffer(width, height, &mut resized).map_err(|error| failed(&error))?;
    let options = fr::ResizeOptions::new()
        .resize_alg(fr::ResizeAlg::Convolution(fr::FilterType::Lanczos3))
        .crop(crop.left, crop.top, crop.width, crop.height);
    fr::Resizer::new().resize_typed(&source, &mut target, &options).map_err(|error| failed(&error))?;
    Ok(resized)
}

/// Puts `pixels` in the middle of a white picture of `width` × `height`.
pub fn pad_white(pixels: &RgbImage, width: u32, height: u32) -> RgbImage {
    let mut canvas = RgbImage::from_pixel(width, height, Rgb([255; 3]));
    let left = width.saturating_sub(pixels.width()) / 2;
    let top = height.saturating_sub(pixels.height()) / 2;
    image::imageops::replace(&mut canvas, pixels, i64::from(left), i64::from(top));
    canvas
}

/// Encodes a baseline JPEG without any metadata.
///
/// # Errors
/// When a side is zero or longer than JPEG can say (65 535).
pub fn encode_jpeg(pixels: &RgbImage, quality: u8) -> Result<Vec<u8>, PixelError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(pixels)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_crop_is_what_remains() {
        let mut pixels = RgbImage::from_pixel(90, 30, Rgb([200, 0, 0]));
        for x in 30..60 {
            for y in 0..30 {
                pixels.put_pixel(x, y, Rgb([0, 0, 200]));
            }
        }
        let crop = Crop { left: 30.0, top: 0.0, width: 30.0, height: 30.0 };
        let out = resize(&pixels, crop, 10, 10).unwrap();
        assert_eq!(out.dimensions(), (10, 10));
        // The filter may draw on the neighbours of the border, not further.
        for (x, _, pixel) in out.enumerate_pixels() {
            let tolerance = if (3..7).contains(&x) { 0 } else { 20 };
            assert!(pixel.0[0] <= tolerance, "column {x} is {:?}", pixel.0);
        }
    }

    #[test]
    fn a_crop_outside_is_an_error() {
        let crop = Crop { left: 5.0, top: 0.0, width: 10.0, height: 10.0 };
        assert!(resize(&RgbImage::new(10, 10), crop, 5, 5).is_err());
    }

    #[test]
    fn the_jpeg_is_baseline_and_bare() {
        let bytes = encode_jpeg(&RgbImage::new(16, 16), 88).unwrap();
        let has = |marker: u8| bytes.windows(2).any(|pair| pair == [0xFF, marker]);
        assert!(has(0xC0) && !has(0xC2), "SOF0, not progressive");
        assert!(!has(0xE1) && !has(0xE2), "neither EXIF nor a profile");
    }
}
