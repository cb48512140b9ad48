//! The library as the queue and the connectors use it: pictures made to fit a network, and addresses
//! fetched into it.

use async_trait::async_trait;
use serde_json::json;

use super::{WebSite, web_site::WebSiteError};
use crate::{
    clock::SharedClock,
    connectors::{
        CheckFinding, ContentProblem, Failure, FailureClass, ImageLimits, MediaSource, Picture, Severity,
    },
    domain::{DeliveryId, MediaId, OutgoingImage, Problem},
    media::{
        DerivativeSpec, MediaError, MediaNote, Ratio, RatioPolicy, fetch::Fetcher, is_cut, library::Library,
    },
    queue::MediaDesk,
    store::{Store, media},
};

/// Longest name kept of a file.
const MAX_NAME: usize = 120;

/// Library, store, guarded fetch and web site together.
#[derive(Clone)]
pub struct LibraryDesk {
    pub library: Library,
    pub store: Store,
    pub clock: SharedClock,
    pub fetcher: Fetcher,
    pub web_site: WebSite,
}

/// What is known of a picture before it is stored.
#[derive(Clone, Debug, Default)]
pub struct NewMedia {
    pub name: String,
    pub alt_text: String,
    pub source_url: Option<String>,
}

/// A picture that was taken into the library.
#[derive(Clone, Debug)]
pub struct Taken {
    pub row: media::MediaRow,
    /// What it was not kept with, or as.
    pub notes: Vec<MediaNote>,
}

/// Why a picture was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error(transparent)]
    Media(#[from] MediaError),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

impl DeskError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Media(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }

    /// The address may have something to give later; a picture that is none never becomes one.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Media(MediaError::UrlUnreachable { .. } | MediaError::UrlTimeout { .. }) => true,
            Self::Media(MediaError::UrlHttpStatus { status }) => *status >= 500 || *status == 429,
            _ => false,
        }
    }
}

impl LibraryDesk {
    /// Takes a picture into the library and tells what was changed about it.
    pub async fn take(&self, bytes: bytes::Bytes, new: NewMedia) -> Result<Taken, DeskError> {
        let row = self.add(bytes.clone(), new).await?;
        Ok(Taken { row, notes: self.library.notes(bytes).await })
    }

    /// Takes a picture into the library.
    pub async fn add(&self, bytes: bytes::Bytes, new: NewMedia) -> Result<media::MediaRow, DeskError> {
        let stored = self.library.add_bytes(bytes).await?;
        let row = media::MediaRow {
            id: stored.id,
            mime: stored.mime.to_owned(),
            width: stored.width,
            height: stored.height,
            size_bytes: stored.size_bytes,
            name: new.name.chars().take(MAX_NAME).collect(),
            alt_text: new.alt_text,
            source_url: new.source_url,
            created_at: self.clock.now(),
        };
        let kept = row.clone();
        Ok(self
            .store
            .write(move |tx| {
                media::add(tx, &kept)?;
                Ok(media::find(tx, &kept.id)?.unwrap_or(kept))
            })
            .await?)
    }

    /// Fetches a picture of the public web into the library.
    pub async fn add_url(&self, url: &str, alt_text: &str) -> Result<media::MediaRow, DeskError> {
        Ok(self.take_url(url, alt_text).await?.row)
    }

    /// As [`add_url`](Self::add_url), and tells what was changed about it.
    pub async fn take_url(&self, url: &str, alt_text: &str) -> Result<Taken, DeskError> {
        let fetched = self.fetcher.fetch(url).await?;
        let name = fetched.url.path_segments().and_then(|mut path| path.next_back()).unwrap_or_default();
        let new = NewMedia {
            name: name.to_owned(),
            alt_text: alt_text.to_owned(),
            source_url: Some(url.to_owned()),
        };
        self.take(fetched.bytes, new).await
    }

    /// The bytes of a picture: as kept, or small for lists.
    pub async fn content(&self, id: &MediaId, thumbnail: bool) -> Result<bytes::Bytes, MediaError> {
        if thumbnail { self.library.thumbnail(id).await } else { self.library.read(id).await }
    }
}

#[async_trait]
impl MediaSource for LibraryDesk {
    async fn jpeg(&self, id: &MediaId, limits: &ImageLimits) -> Result<Picture, Failure> {
        let spec = spec_of(limits);
        let (bytes, info) = self.library.derivative(id, &spec).await.map_err(failure)?;
        Ok(Picture { mime: info.mime(), width: info.width, height: info.height, bytes })
    }

    async fn public_address(
        &self,
        delivery: &DeliveryId,
        id: &MediaId,
        limits: &ImageLimits,
    ) -> Result<Option<String>, Failure> {
        if !self.has_web_site() {
            return Ok(None);
        }
        self.web_site.address(delivery, self.jpeg(id, limits).await?.bytes).await
    }

    fn lends_addresses(&self) -> bool {
        self.web_site.lends_addresses()
    }

    fn has_web_site(&self) -> bool {
        self.web_site.is_named()
    }
}

#[async_trait]
impl MediaDesk for LibraryDesk {
    async fn fetch(&self, url: &str, alt_text: &str) -> Result<OutgoingImage, Failure> {
        let row = self.add_url(url, alt_text).await.map_err(|error| match error {
            DeskError::Media(error) => failure(error),
            DeskError::Store(error) => Failure::new(FailureClass::Retry, Problem::new(error.code())),
        })?;
        Ok(OutgoingImage {
            media_id: row.id,
            alt_text: if alt_text.is_empty() { row.alt_text } else { alt_text.to_owned() },
            source_url: Some(url.to_owned()),
        })
    }

    async fn check_web_site(&self) -> Option<Vec<CheckFinding>> {
        match self.web_site.check().await {
            Ok(found) => Some(found),
            Err(WebSiteError::None) => None,
            Err(error) => {
                tracing::warn!("The web site could not be tested: {error}.");
                None
            }
        }
    }

    async fn tidy_web_site(&self) {
        self.web_site.tidy().await;
    }
}

/// The derivative that fits a network's limits; what is outside its ratios is cut around the centre.
pub fn spec_of(limits: &ImageLimits) -> DerivativeSpec {
    let thousandths = |ratio: f64| Ratio::new((ratio * 1000.0).round() as u32, 1000);
    DerivativeSpec {
        max_bytes: limits.max_bytes,
        max_width: limits.max_width,
        max_height: limits.max_height,
        min_width: limits.min_width,
        min_ratio: limits.min_ratio.map(thousandths),
        max_ratio: limits.max_ratio.map(thousandths),
        ratio_policy: RatioPolicy::CropCentre,
        ..DerivativeSpec::free(limits.max_bytes, limits.max_width)
    }
}

/// What a network would say to the pictures of a content, from their dimensions alone.
pub fn pictures_broken(sizes: &[(u32, u32)], limits: &ImageLimits) -> Vec<ContentProblem> {
    let spec = spec_of(limits);
    let mut problems = Vec::new();
    for (index, (width, height)) in sizes.iter().enumerate() {
        let (code, severity) = match is_cut(*width, *height, &spec) {
            Ok(false) => continue,
            Ok(true) => ("media_will_be_cut", Severity::Warning),
            Err(error) => (error.code(), Severity::Error),
        };
        let values = [("image".to_owned(), json!(index + 1))].into();
        problems.push(ContentProblem { code: code.to_owned(), severity, values });
    }
    problems
}

/// An address that cannot be reached now may be reached later; a picture that is none never becomes
/// one. Never `NotSent`: a host of pictures says nothing about the network or about the platform.
fn failure(error: MediaError) -> Failure {
    let class = match &error {
        MediaError::UrlUnreachable { .. }
        | MediaError::UrlTimeout { .. }
        | MediaError::DiskFull
        | MediaError::Io(_) => FailureClass::Retry,
        MediaError::UrlHttpStatus { status } if *status >= 500 || *status == 429 => FailureClass::Retry,
        _ => FailureClass::Content,
    };
    Failure::new(class, Problem::new(error.code()))
}
