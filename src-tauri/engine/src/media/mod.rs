//! Photographs: from whatever a phone, a mailbox or a web address gives, to a
//! clean JPEG that a network accepts.
//!
//! The order is fixed: [`sniff`] names the type from the bytes, [`decode`] makes
//! upright sRGB pixels within limits, [`mod@derive`] cuts the picture for one network,
//! [`library`] keeps it on disk encrypted by [`sealed`], [`fetch`] brings it from
//! a web address that [`address`] has judged.
//!
//! What this deliberately does not do: video, HEIC (it needs a C decoder), and
//! keeping the file as it was given. A restaurant's photographs carry the
//! position of the owner's home; only re-encoded pixels are ever stored or sent.

pub mod address;
pub mod decode;
pub mod derive;
pub mod fetch;
pub mod library;
pub mod notes;
pub mod sealed;
pub mod sniff;

#[cfg(test)]
mod testing;

use std::io;
use std::net::IpAddr;

pub use derive::{DerivativeInfo, DerivativeSpec, Ratio, RatioPolicy, is_cut};
pub use fetch::{FetchPolicy, FetchedMedia, Fetcher};
pub use library::{Library, StoredMedia};
pub use notes::MediaNote;
pub use sealed::MediaKey;

/// Everything that can be wrong with a photograph or its address.
///
/// The [`code`](MediaError::code) is for programs and for the texts of the
/// screen; the `Display` sentence is for the log.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("The file is empty")]
    Empty,
    /// `found` is a stable word such as `text`, `html`, `pdf`, `video`.
    #[error("The file is not an image but {found}")]
    NotAnImage { found: &'static str },
    /// An image, of a type we do not read. `found` is a stable word such as `heic`.
    #[error("Images of type {found} are not supported")]
    TypeUnsupported { found: &'static str },
    #[error("The file has more than {max_bytes} bytes")]
    TooLarge { max_bytes: u64 },
    #[error("The image has {width} x {height} pixels, more than {max_pixels}")]
    TooManyPixels { width: u32, height: u32, max_pixels: u64 },
    #[error("The image is only {width} pixels wide, less than {min_width}")]
    TooSmall { width: u32, min_width: u32 },
    #[error("The image is damaged: {detail}")]
    Damaged { detail: String },
    #[error("An image of {width} x {height} pixels is outside the allowed ratios")]
    RatioUnsupported { width: u32, height: u32 },
    #[error("The address is not valid: {reason}")]
    UrlInvalid { reason: &'static str },
    #[error("The address does not start with https")]
    UrlNotHttps,
    #[error("The address leads to {address}, which is not on the public internet")]
    UrlPrivateAddress { address: IpAddr },
    #[error("The address redirects to one that is refused")]
    UrlRedirectRefused {
        #[source]
        reason: Box<MediaError>,
    },
    #[error("The address redirects more than {max} times")]
    UrlTooManyRedirects { max: u8 },
    #[error("The address cannot be reached: {detail}")]
    UrlUnreachable { detail: String },
    #[error("The address answers with status {status}")]
    UrlHttpStatus { status: u16 },
    #[error("The address did not answer within {seconds} s")]
    UrlTimeout { seconds: u64 },
    #[error("No media {id} in the library")]
    NotFound { id: String },
    #[error("The disk is full")]
    DiskFull,
    #[error("The media library cannot be read or written")]
    Io(#[source] io::Error),
    #[error("The key does not open this media library")]
    KeyWrong,
    #[error("The stored file {name} was altered or damaged")]
    StoreDamaged { name: String },
}

impl MediaError {
    /// Every code, for the tests that check that each one has a text.
    pub const CODES: [&'static str; 21] = [
        "media_empty",
        "media_not_an_image",
        "media_type_unsupported",
        "media_too_large",
        "media_too_many_pixels",
        "media_too_small",
        "media_damaged",
        "media_ratio_unsupported",
        "media_url_invalid",
        "media_url_not_https",
        "media_url_private_address",
        "media_url_redirect_refused",
        "media_url_too_many_redirects",
        "media_url_unreachable",
        "media_url_http_status",
        "media_url_timeout",
        "media_not_found",
        "media_disk_full",
        "media_io",
        "media_key_wrong",
        "media_store_damaged",
    ];

    /// Returns the stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "media_empty",
            Self::NotAnImage { .. } => "media_not_an_image",
            Self::TypeUnsupported { .. } => "media_type_unsupported",
            Self::TooLarge { .. } => "media_too_large",
            Self::TooManyPixels { .. } => "media_too_many_pixels",
            Self::TooSmall { .. } => "media_too_small",
            Self::Damaged { .. } => "media_damaged",
            Self::RatioUnsupported { .. } => "media_ratio_unsupported",
            Self::UrlInvalid { .. } => "media_url_invalid",
            Self::UrlNotHttps => "media_url_not_https",
            Self::UrlPrivateAddress { .. } => "media_url_private_address",
            Self::UrlRedirectRefused { .. } => "media_url_redirect_refused",
            Self::UrlTooManyRedirects { .. } => "media_url_too_many_redirects",
            Self::UrlUnreachable { .. } => "media_url_unreachable",
            Self::UrlHttpStatus { .. } => "media_url_http_status",
            Self::UrlTimeout { .. } => "media_url_timeout",
            Self::NotFound { .. } => "media_not_found",
            Self::DiskFull => "media_disk_full",
            Self::Io(_) => "media_io",
            Self::KeyWrong => "media_key_wrong",
            Self::StoreDamaged { .. } => "media_store_damaged",
        }
    }
}

impl From<io::Error> for MediaError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // The owner can act on these two; every other one is a broken disk or folder.
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_its_code_in_the_list() {
        let address = IpAddr::from([127, 0, 0, 1]);
        let errors = [
            MediaError::Empty,
            MediaError::NotAnImage { found: "text" },
            MediaError::TypeUnsupported { found: "heic" },
            MediaError::TooLarge { max_bytes: 1 },
            MediaError::TooManyPixels { width: 1, height: 1, max_pixels: 1 },
            MediaError::TooSmall { width: 1, min_width: 1 },
            MediaError::Damaged { detail: String::new() },
            MediaError::RatioUnsupported { width: 1, height: 1 },
            MediaError::UrlInvalid { reason: "" },
            MediaError::UrlNotHttps,
            MediaError::UrlPrivateAddress { address },
            MediaError::UrlRedirectRefused { reason: Box::new(MediaError::UrlNotHttps) },
            MediaError::UrlTooManyRedirects { max: 3 },
            MediaError::UrlUnreachable { detail: String::new() },
            MediaError::UrlHttpStatus { status: 404 },
            MediaError::UrlTimeout { seconds: 60 },
            MediaError::NotFound { id: String::new() },
            MediaError::from(io::Error::from(io::ErrorKind::StorageFull)),
            MediaError::from(io::Error::from(io::ErrorKind::PermissionDenied)),
            MediaError::KeyWrong,
            MediaError::StoreDamaged { name: String::new() },
        ];
        assert_eq!(errors.map(|error| error.code()), MediaError::CODES);
    }
}
