//! Conversion of the colours of a photograph to sRGB.
//!
//! Phones save in Display P3 and cameras in Adobe RGB; networks drop the profile
//! and read the numbers as sRGB, which makes a dish look dull. RGB and grey
//! profiles are therefore applied here, in 8 bits. A CMYK profile is not: the
//! JPEG decoder has already turned CMYK into RGB with the plain formula, so print
//! files come out right but not colour-exact. A profile that cannot be used is
//! ignored; the picture is still worth posting.

use image::{DynamicImage, RgbImage, RgbaImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Returns `image` in sRGB, 8 bits per channel when a profile was applied.
pub(super) fn to_srgb(image: DynamicImage, profile: Option<&[u8]>) -> DynamicImage {
    let Some(profile) = profile.and_then(|bytes| ColorProfile::new_from_slice(bytes).ok()) else {
        return image;
    };
    let is_grey = !image.color().has_color();
    match (profile.color_space, is_grey, image.color().has_alpha()) {
        (DataColorSpace::Rgb, false, true) => {
            let pixels = image.into_rgba8();
            convert(&profile, Layout::Rgba, pixels.as_raw(), Layout::Rgba)
                .and_then(|raw| RgbaImage::from_raw(pixels.width(), pixels.height(), raw))
                .map_or(DynamicImage::ImageRgba8(pixels), DynamicImage::ImageRgba8)
        }
        (DataColorSpace::Rgb, false, false) => {
            let pixels = image.into_rgb8();
            convert(&profile, Layout::Rgb, pixels.as_raw(), Layout::Rgb)
                .and_then(|raw| RgbImage::from_raw(pixels.width(), pixels.height(), raw))
                .map_or(DynamicImage::ImageRgb8(pixels), DynamicImage::ImageRgb8)
        }
        (DataColorSpace::Gray, true, false) => {
            let pixels = image.into_luma8();
            convert(&profile, Layout::Gray, pixels.as_raw(), Layout::Rgb)
                .and_then(|raw| RgbImage::from_raw(pixels.width(), pixels.height(), raw))
                .map_or(DynamicImage::ImageLuma8(pixels), DynamicImage::ImageRgb8)
        }
        _ => image,
    }
}

fn convert(profile: &ColorProfile, from: Layout, pixels: &[u8], to: Layout) -> Option<Vec<u8>> {
    let transform = profile
        .create_transform_8bit(from, &ColorProfile::new_srgb(), to, TransformOptions::default())
        .ok()?;
    let mut converted = vec![0; pixels.len() / from.channels() * to.channels()];
    transform.transform(pixels, &mut converted).ok()?;
    Some(converted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{Format, decode};
    use image::codecs::png::PngEncoder;
    use image::{ImageEncoder as _, Rgb};

    /// Decodes a PNG of one colour that carries `profile`.
    fn seen_as(colour: [u8; 3], profile: &[u8]) -> [u8; 3] {
        let pixels = RgbImage::from_pixel(4, 4, Rgb(colour));
        let mut bytes = Vec::new();
        let mut encoder = PngEncoder::new(&mut bytes);
        encoder.set_icc_profile(profile.to_vec()).unwrap();
        encoder.write_image(pixels.as_raw(), 4, 4, image::ExtendedColorType::Rgb8).unwrap();
        let decoded = decode(&bytes, Format::Png, 1_000_000).unwrap();
        decoded.get_pixel(1, 1).0
    }

    fn is_near(found: [u8; 3], wanted: [u8; 3]) -> bool {
        found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 2)
    }

    #[test]
    fn wide_gamut_profiles_are_applied() {
        // Reference values: the same conversion with the published matrices,
        // D65, sRGB transfer curve (Adobe RGB: gamma 563/256).
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        let found = seen_as([200, 100, 60], &p3);
        assert!(is_near(found, [215, 93, 47]), "Display P3 gives {found:?}");
        let adobe = ColorProfile::new_adobe_rgb().encode().unwrap();
        let found = seen_as([180, 120, 60], &adobe);
        assert!(is_near(found, [199, 121, 53]), "Adobe RGB gives {found:?}");
    }

    #[test]
    fn srgb_and_unusable_profiles_change_nothing() {
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        assert!(is_near(seen_as([200, 100, 60], &srgb), [200, 100, 60]));
        assert_eq!(seen_as([200, 100, 60], b"not a profile"), [200, 100, 60]);
    }

    #[test]
    fn a_grey_profile_is_not_applied_to_colours() {
        let grey = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        assert_eq!(seen_as([200, 100, 60], &grey), [200, 100, 60]);
    }
}
