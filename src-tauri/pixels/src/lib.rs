//! The loops over pixels: header, decode to upright sRGB, resize, encode.
//!
//! A package of its own for one reason: the image crates are generic, so their
//! loops are compiled by whoever calls them, and the engine is built without
//! optimisation during development. There a photograph took half a minute; here,
//! with `opt-level = 3` in every profile, it takes the time it takes for the owner.
//! For the same reason every public function is free of type parameters.
//!
//! It holds no policy: what is too large, which types are accepted and what an
//! error means to a person is decided in the engine's `media` module.

mod color;
mod decode;
mod encode;
mod extras;

pub use decode::{Format, decode, dimensions};
pub use encode::{Crop, encode_jpeg, pad_white, resize};
pub use extras::{Extras, extras};
pub use image::RgbImage;

/// The bytes are not a picture that can be decoded, or the picture cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub enum PixelError {
    #[error(transparent)]
    Image(#[from] image::ImageError),
    #[error("The picture cannot be resized: {0}")]
    Resize(String),
}
