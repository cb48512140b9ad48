//! A public address for a picture of this computer: an unpublished photo of a Page, for the networks that
//! only fetch (social-platforms reference 2.4, second way).
//!
//! Nobody sees such a photo; it is removed once the post that borrowed its address is public.

use super::{
    Graph,
    containers::is_container_lost,
    marks::Marks,
    photos::{public_address, upload_unpublished},
    token::own_id,
    wire::GraphId,
};
use crate::connectors::{Access, Failure, FailureClass, Picture};

/// Fact of an account: the Page that lends its addresses.
pub const PAGE_ID: &str = "page_id";

/// A Page that lends its addresses.
pub struct PageHost<'a> {
    /// The Page's own way to the Graph.
    pub graph: Graph<'a>,
    page: Option<GraphId>,
}

impl<'a> PageHost<'a> {
    pub fn new(graph: Graph<'a>, access: &Access<'a>) -> Self {
        let page = access.account.facts.get(PAGE_ID).and_then(|id| GraphId::parse(id.as_str()?));
        Self { graph, page }
    }

    /// The public address of a picture that was brought; `None` when the Page has it no more, or never had.
    pub async fn address(&self, marks: &Marks, index: usize) -> Result<Option<String>, Failure> {
        let Some(photo) = marks.items.get(index).and_then(|item| item.photo.as_deref()) else {
            return Ok(None);
        };
        match public_address(&self.graph, &GraphId::require(photo)?).await {
            Ok(address) => Ok(Some(address)),
            Err(failure) if is_container_lost(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Brings a picture and notes it. Invisible, so it may be repeated.
    pub async fn bring(&self, marks: &mut Marks, index: usize, picture: Picture) -> Result<(), Failure> {
        let page = match &self.page {
            Some(page) => page.clone(),
            None => own_id(&self.graph).await?,
        };
        let photo = upload_unpublished(&self.graph, &page, picture, "", false).await?;
        marks.hosted.push(photo.as_str().to_owned());
        if let Some(item) = marks.items.get_mut(index) {
            item.photo = Some(photo.as_str().to_owned());
        }
        Ok(())
    }

    /// Removes the photos. Returns whether there is nothing left to do.
    pub async fn remove(&self, marks: &Marks) -> bool {
        let mut is_done = true;
        for photo in marks.hosted.iter().filter_map(|id| GraphId::parse(id)) {
            if let Err(failure) = self.graph.delete(&photo).await {
                // What the Page will never allow is not asked for again.
                is_done &= matches!(failure.class, FailureClass::Content | FailureClass::Reauth);
                tracing::info!(code = failure.problem.code, "A hidden Page photo could not be removed.");
            }
        }
        is_done
    }
}
