//! One picture made for one network: cropped or padded to its ratios, small
//! enough for its limits, baseline JPEG.
//!
//! Dimensions shrink before quality does: a slightly smaller dish looks better
//! than a blocky one. The same pixels and the same spec give the same bytes, so
//! a retry uploads what the first attempt did.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use vieux_moulin_pixels::{Crop, RgbImage, encode_jpeg, pad_white, resize};

use super::MediaError;
use crate::domain::fingerprint::hex;

/// Quality of the first try, and the lowest one for a picture of useful size.
const BEST_QUALITY: u8 = 88;
const LOWEST_QUALITY: u8 = 70;
/// Long side under which quality is given up before more pixels.
const SMALL_SIDE: f64 = 640.0;
/// Long side under which a picture is no longer worth sending.
const TINY_SIDE: f64 = 160.0;
/// Each try has 10 % less on both sides.
const STEP: f64 = 0.9;

/// Width divided by height, kept as two whole numbers so that it can be compared exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ratio {
    pub width: u32,
    pub height: u32,
}

impl Ratio {
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Smallest whole width that is not narrower than the ratio at `height`.
    fn least_width(self, height: u32) -> u64 {
        (u64::from(self.width) * u64::from(height)).div_ceil(u64::from(self.height.max(1)))
    }

    /// Largest whole width that is not wider than the ratio at `height`.
    fn most_width(self, height: u32) -> u64 {
        u64::from(self.width) * u64::from(height) / u64::from(self.height.max(1))
    }

    fn of_height(self, height: u32) -> f64 {
        f64::from(self.width) / f64::from(self.height.max(1)) * f64::from(height)
    }

    fn of_width(self, width: u32) -> f64 {
        f64::from(self.height) / f64::from(self.width.max(1)) * f64::from(width)
    }
}

/// What to do with a picture whose ratio is outside the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RatioPolicy {
    /// Answer `media_ratio_unsupported`.
    Refuse,
    /// Keep the centre, cut the rest; the result says `cropped`.
    CropCentre,
    /// Keep everything between white bars; the result says `padded`.
    PadWhite,
}

/// The type of the derivative. Every network takes JPEG, and one takes nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DerivativeFormat {
    Jpeg,
}

/// What a network accepts. Sizes are upper limits: a picture is never enlarged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DerivativeSpec {
    pub max_bytes: u64,
    pub max_width: u32,
    pub max_height: u32,
    /// Narrowest width that the network takes; 0 when it does not say.
    pub min_width: u32,
    /// Narrowest ratio allowed (a portrait), `None` when free.
    pub min_ratio: Option<Ratio>,
    /// Widest ratio allowed (a panorama), `None` when free.
    pub max_ratio: Option<Ratio>,
    pub ratio_policy: RatioPolicy,
    pub format: DerivativeFormat,
}

impl DerivativeSpec {
    /// Returns a spec of free ratio: at most `max_bytes`, `max_side` on the long side.
    pub const fn free(max_bytes: u64, max_side: u32) -> Self {
        Self {
            max_bytes,
            max_width: max_side,
            max_height: max_side,
            min_width: 0,
            min_ratio: None,
            max_ratio: None,
            ratio_policy: RatioPolicy::Refuse,
            format: DerivativeFormat::Jpeg,
        }
    }

    /// Returns this spec with limits of ratio (narrowest, widest).
    #[must_use]
    pub const fn within(mut self, narrowest: Ratio, widest: Ratio, policy: RatioPolicy) -> Self {
        self.min_ratio = Some(narrowest);
        self.max_ratio = Some(widest);
        self.ratio_policy = policy;
        self
    }

    /// Returns the spec of the small pictures in lists.
    pub const fn thumbnail() -> Self {
        Self::free(80_000, 480)
    }

    /// Returns the name of this spec in the cache: 32 hexadecimal digits.
    ///
    /// Starts from the version of the algorithm, so that a new program does not
    /// serve what an older one made differently.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(b"derive 1\0");
        hasher.update(format!("{self:?}").as_bytes());
        hex(&hasher.finalize()[..16])
    }
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivativeInfo {
    pub width: u32,
    pub height: u32,
    pub size_bytes: u64,
    /// JPEG quality, 1 to 100.
    pub quality: u8,
    /// Something of the picture was cut off: the page must say so.
    pub cropped: bool,
    pub padded: bool,
}

impl DerivativeInfo {
    /// Returns the media type of every derivative.
    pub fn mime(&self) -> &'static str {
        "image/jpeg"
    }
}

/// Makes the derivative of `pixels` for `spec`. Slow: call it off the async threads.
///
/// # Errors
/// `media_ratio_unsupported` (policy `Refuse`), `media_too_small` (narrower than
/// `min_width` once cropped), `media_too_large` (does not fit into `max_bytes` at
/// any useful size).
pub fn derive(pixels: &RgbImage, spec: &DerivativeSpec) -> Result<(Vec<u8>, DerivativeInfo), MediaError> {
    let (width, height) = pixels.dimensions();
    let (side, frame) = framed(width, height, spec)?;
    let long_side = (frame.width.max(frame.height) * frame.fit(spec)).round() as u32;
    for (scale, quality) in ladder(long_side) {
        let (out_width, out_height) = frame.scaled(frame.fit(spec) * scale, spec);
        if out_width < spec.min_width {
            break;
        }
        let out = frame.render(pixels, out_width, out_height)?;
        let bytes = encode_jpeg(&out, quality)?;
        if bytes.len() as u64 <= spec.max_bytes {
            let info = DerivativeInfo {
                width: out_width,
                height: out_height,
                size_bytes: bytes.len() as u64,
                quality,
                cropped: side != Side::Within && spec.ratio_policy == RatioPolicy::CropCentre,
                padded: side != Side::Within && spec.ratio_policy == RatioPolicy::PadWhite,
            };
            return Ok((bytes, info));
        }
    }
    Err(MediaError::TooLarge { max_bytes: spec.max_bytes })
}

/// Says, from its dimensions alone, whether [`derive()`] would cut something off a picture.
///
/// # Errors
/// As those of [`derive()`] that dimensions decide: `media_ratio_unsupported`, `media_too_small`.
pub fn is_cut(width: u32, height: u32, spec: &DerivativeSpec) -> Result<bool, MediaError> {
    let (side, _) = framed(width, height, spec)?;
    Ok(side != Side::Within && spec.ratio_policy == RatioPolicy::CropCentre)
}

fn framed(width: u32, height: u32, spec: &DerivativeSpec) -> Result<(Side, Frame), MediaError> {
    if width == 0 || height == 0 {
        return Err(MediaError::Empty);
    }
    let side = Side::of(width, height, spec);
    if side != Side::Within && spec.ratio_policy == RatioPolicy::Refuse {
        return Err(MediaError::RatioUnsupported { width, height });
    }
    let frame = Frame::new(width, height, side, spec);
    if frame.width < f64::from(spec.min_width) {
        return Err(MediaError::TooSmall { width: frame.width as u32, min_width: spec.min_width });
    }
    Ok((side, frame))
}

/// Shrinks `pixels` so that no side is longer than `max_side`.
pub(super) fn fit_inside(pixels: &RgbImage, max_side: u32) -> Result<RgbImage, MediaError> {
    let (width, height) = pixels.dimensions();
    let scale = f64::from(max_side) / f64::from(width.max(height));
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    let whole = Crop { left: 0.0, top: 0.0, width: f64::from(width), height: f64::from(height) };
    Ok(resize(pixels, whole, scaled(width), scaled(height))?)
}

/// The tries in their order, as (scale of the dimensions, quality): dimensions in
/// steps of 10 % until the picture is small, then quality, then dimensions again.
fn ladder(long_side: u32) -> Vec<(f64, u8)> {
    let side_at = |scale: f64| f64::from(long_side) * scale;
    let mut scale = 1.0;
    let mut tries = vec![(scale, BEST_QUALITY)];
    while side_at(scale * STEP) >= SMALL_SIDE {
        scale *= STEP;
        tries.push((scale, BEST_QUALITY));
    }
    tries.extend([82, 76, LOWEST_QUALITY].map(|quality| (scale, quality)));
    while side_at(scale * STEP) >= TINY_SIDE {
        scale *= STEP;
        tries.push((scale, LOWEST_QUALITY));
    }
    tries
}

/// Where the ratio of a picture lies against the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Within,
    TooNarrow,
    TooWide,
}

impl Side {
    fn of(width: u32, height: u32, spec: &DerivativeSpec) -> Self {
        let width = u64::from(width);
        if spec.min_ratio.is_some_and(|ratio| width < ratio.most_width(height).max(1)) {
            return Self::TooNarrow;
        }
        if spec.max_ratio.is_some_and(|ratio| width > ratio.least_width(height)) {
            return Self::TooWide;
        }
        Self::Within
    }
}

/// The picture as it will be shown, in pixels of the original: which part of it
/// is kept, and in how large a frame.
struct Frame {
    width: f64,
    height: f64,
    kept_width: f64,
    kept_height: f64,
    source_width: f64,
    source_height: f64,
}

impl Frame {
    fn new(width: u32, height: u32, side: Side, spec: &DerivativeSpec) -> Self {
        let (w, h) = (f64::from(width), f64::from(height));
        let (mut frame, mut kept) = ((w, h), (w, h));
        let limit = match side {
            Side::Within => None,
            Side::TooNarrow => spec.min_ratio,
            Side::TooWide => spec.max_ratio,
        };
        if let Some(limit) = limit {
            // Cutting and padding change opposite sides of the picture.
            let changes_height = (side == Side::TooNarrow) == (spec.ratio_policy == RatioPolicy::CropCentre);
            frame = if changes_height { (w, limit.of_width(width)) } else { (limit.of_height(height), h) };
            if spec.ratio_policy == RatioPolicy::CropCentre {
                kept = frame;
            }
        }
        Self {
            width: frame.0,
            height: frame.1,
            kept_width: kept.0,
            kept_height: kept.1,
            source_width: w,
            source_height: h,
        }
    }

    /// The scale that brings the frame inside the largest dimensions; never enlarges.
    fn fit(&self, spec: &DerivativeSpec) -> f64 {
        (f64::from(spec.max_width) / self.width).min(f64::from(spec.max_height) / self.height).min(1.0)
    }

    /// Whole dimensions at `scale` that keep within the ratios: rounding alone
    /// would give 1.912 where a network refuses more than 1.91.
    fn scaled(&self, scale: f64, spec: &DerivativeSpec) -> (u32, u32) {
        let height = ((self.height * scale).round() as u32).clamp(1, spec.max_height.max(1));
        let width = ((self.width * scale).round() as u32).clamp(1, spec.max_width.max(1));
        let least = spec.min_ratio.map_or(1, |ratio| ratio.least_width(height));
        let most = spec.max_ratio.map_or(u64::MAX, |ratio| ratio.most_width(height));
        // A single allowed ratio may have no whole width at this height: the nearest one is taken.
        let width = if least <= most { u64::from(width).clamp(least, most) as u32 } else { width };
        (width.clamp(1, spec.max_width.max(1)), height)
    }

    /// Resizes the kept part into a canvas of the given size.
    fn render(&self, pixels: &RgbImage, width: u32, height: u32) -> Result<RgbImage, MediaError> {
        let crop = Crop {
            left: (self.source_width - self.kept_width) / 2.0,
            top: (self.source_height - self.kept_height) / 2.0,
            width: self.kept_width,
            height: self.kept_height,
        };
        let inner_width = ((self.kept_width / self.width * f64::from(width)).round() as u32).max(1);
        let inner_height = ((self.kept_height / self.height * f64::from(height)).round() as u32).max(1);
        let inner = resize(pixels, crop, inner_width.min(width), inner_height.min(height))?;
        if inner.dimensions() == (width, height) {
            return Ok(inner);
        }
        Ok(pad_white(&inner, width, height))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::media::decode::decode;
    use crate::media::testing::{gradient, noise};
    use proptest::prelude::*;

    #[test]
    fn dimensions_alone_say_what_a_network_cannot_take() {
        let spec = DerivativeSpec { min_width: 320, ..instagram(RatioPolicy::CropCentre) };
        for (size, said) in [
            ((1, 1), Err("media_too_small")),
            ((10_000, 1), Err("media_too_small")),
            ((400, 400), Ok(false)),
            ((4000, 1000), Ok(true)),
        ] {
            assert_eq!(is_cut(size.0, size.1, &spec).map_err(|error| error.code()), said, "{size:?}");
        }
    }

    fn instagram(policy: RatioPolicy) -> DerivativeSpec {
        DerivativeSpec { max_height: 1800, ..DerivativeSpec::free(8_000_000, 1440) }.within(
            Ratio::new(4, 5),
            Ratio::new(191, 100),
            policy,
        )
    }

    fn is_baseline(bytes: &[u8]) -> bool {
        bytes.windows(2).any(|pair| pair == [0xFF, 0xC0])
            && !bytes.windows(2).any(|pair| pair == [0xFF, 0xC2])
    }

    #[test]
    fn a_picture_that_fits_keeps_its_size() {
        let (bytes, info) = derive(&gradient(800, 600), &DerivativeSpec::free(950_000, 2048)).unwrap();
        assert_eq!((info.width, info.height, info.quality), (800, 600, 88));
        assert!(!info.cropped && !info.padded);
        assert!(is_baseline(&bytes));
        assert_eq!(info.size_bytes, bytes.len() as u64);
        assert_eq!(decode(&bytes).unwrap().dimensions(), (800, 600));
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let spec = instagram(RatioPolicy::CropCentre);
        let picture = noise(900, 300);
        assert_eq!(derive(&picture, &spec).unwrap(), derive(&picture, &spec).unwrap());
    }

    #[test]
    fn dimensions_shrink_before_quality() {
        let picture = noise(1600, 1200);
        let (bytes, info) = derive(&picture, &DerivativeSpec::free(950_000, 2048)).unwrap();
        assert!(bytes.len() <= 950_000);
        assert_eq!(info.quality, 88);
        assert!(info.width < 1600 && info.width >= 640, "{info:?}");
    }

    #[test]
    fn quality_goes_down_only_when_the_picture_is_small() {
        let picture = noise(800, 600);
        for max_bytes in [200_000, 100_000, 40_000] {
            let (bytes, info) = derive(&picture, &DerivativeSpec::free(max_bytes, 2048)).unwrap();
            assert!(bytes.len() as u64 <= max_bytes);
            assert!(info.quality >= 70, "{info:?}");
            assert!(info.quality == 88 || info.width < 720, "{info:?}");
        }
        let error = derive(&picture, &DerivativeSpec::free(900, 2048)).unwrap_err();
        assert_eq!(error.code(), "media_too_large");
    }

    #[test]
    fn ratios_outside_are_refused_cropped_or_padded() {
        let panorama = gradient(3000, 600);
        let refused = derive(&panorama, &instagram(RatioPolicy::Refuse)).unwrap_err();
        assert_eq!(refused.code(), "media_ratio_unsupported");

        let (bytes, info) = derive(&panorama, &instagram(RatioPolicy::CropCentre)).unwrap();
        assert!(info.cropped && !info.padded);
        assert_eq!((info.width, info.height), (1146, 600));
        // The red of the gradient grows from 0 to 255 from left to right: the centre is kept.
        let pixels = decode(&bytes).unwrap();
        assert!(pixels.get_pixel(2, 300).0[0].abs_diff(79) < 6);
        assert!(pixels.get_pixel(1143, 300).0[0].abs_diff(176) < 6);

        let (bytes, info) = derive(&panorama, &instagram(RatioPolicy::PadWhite)).unwrap();
        assert!(info.padded && !info.cropped);
        let pixels = decode(&bytes).unwrap();
        let (width, height) = pixels.dimensions();
        assert_eq!((width, height), (1440, 754));
        let white = |x, y| pixels.get_pixel(x, y).0.iter().all(|channel| *channel > 250);
        assert!(white(700, 3) && white(700, height - 4));
        assert!(!white(700, height / 2), "the picture itself is in the middle");
    }

    #[test]
    fn a_line_becomes_a_square_or_a_refusal() {
        let line = gradient(1, 5000);
        let (_, info) = derive(&line, &instagram(RatioPolicy::CropCentre)).unwrap();
        assert_eq!((info.width, info.height, info.cropped), (1, 1, true));
        let spec = DerivativeSpec { min_width: 320, ..instagram(RatioPolicy::CropCentre) };
        assert_eq!(derive(&line, &spec).unwrap_err().code(), "media_too_small");
    }

    #[test]
    fn different_specs_have_different_names() {
        let spec = instagram(RatioPolicy::CropCentre);
        assert_eq!(spec.hash(), instagram(RatioPolicy::CropCentre).hash());
        assert_ne!(spec.hash(), instagram(RatioPolicy::PadWhite).hash());
        assert_ne!(spec.hash(), DerivativeSpec::thumbnail().hash());
        assert_eq!(spec.hash().len(), 32);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn whole_dimensions_stay_within_all_limits(
            width in 1_u32..6000,
            height in 1_u32..6000,
            scale in 0.02_f64..1.0,
            pad in any::<bool>(),
        ) {
            let policy = if pad { RatioPolicy::PadWhite } else { RatioPolicy::CropCentre };
            let spec = instagram(policy);
            let frame = Frame::new(width, height, Side::of(width, height, &spec), &spec);
            let (w, h) = frame.scaled(frame.fit(&spec) * scale, &spec);
            prop_assert!(w >= 1 && h >= 1 && w <= 1440 && h <= 1800);
            prop_assert!(5 * u64::from(w) >= 4 * u64::from(h), "{w}x{h} is too narrow");
            prop_assert!(100 * u64::from(w) <= 191 * u64::from(h), "{w}x{h} is too wide");
        }
    }
}
