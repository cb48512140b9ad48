//! Instagram's containers: one per picture, for several pictures one more around them, and where a
//! picture of this computer gets its public address.

use super::{
    errors::{is_about_the_picture, table},
    wire::{DIALECT, usable_address},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Finding, HandedOver, ImageLimits, Job, Prepared, Sent,
        graph::{
            Graph,
            containers::{
                CONTAINER_EXPIRED, Containers, FETCH_FAILED, Step, at_once, is_container_lost,
                wait_for_status,
            },
            marks::Marks,
            page_host::PageHost,
            token::credential,
            wire::GraphId,
        },
    },
    domain::OutgoingImage,
};

/// One account's way to Instagram, by the route of the linked Page.
pub struct Client<'a, 'b> {
    containers: Containers<'a>,
    host: PageHost<'a>,
    access: &'b Access<'a>,
}

impl<'a, 'b> Client<'a, 'b> {
    pub fn new(access: &'b Access<'a>) -> Result<Self, Failure> {
        let graph = Graph::new(access, credential(access)?, table);
        let host = PageHost::new(graph.with_token(graph.token()), access);
        let containers = Containers {
            graph,
            account: GraphId::require(&access.account.remote_id)?,
            now: access.now,
            dialect: &DIALECT,
        };
        Ok(Self { containers, host, access })
    }

    pub async fn prepare(&self, job: &Job<'_>) -> Result<Prepared, Failure> {
        if job.content.images.is_empty() {
            return Err(Failure::content("text_only_not_allowed"));
        }
        match self.containers.next(Marks::read(job.marks, job.content)).await? {
            Step::Done(prepared) => Ok(prepared),
            Step::Item(marks, index) => self.build_item(marks, index, job).await,
            Step::Whole(marks) => self.build_carousel(marks, job).await,
        }
    }

    async fn build_item(&self, mut marks: Marks, index: usize, job: &Job<'_>) -> Result<Prepared, Failure> {
        let Some(image) = job.content.images.get(index) else {
            return Err(Failure::content("text_only_not_allowed"));
        };
        let own_address = usable_address(image.source_url.as_deref()).filter(|_| !marks.through_page);
        let lent = match own_address {
            Some(_) => None,
            None => self.borrow_address(&mut marks, index, job).await?,
        };
        let address = match own_address.or(lent) {
            Some(address) => address,
            None => match self.host.address(&marks, index).await? {
                Some(address) => address,
                None => return self.host_photo(marks, index, &job.content.images).await,
            },
        };

        let is_single = job.content.images.len() == 1;
        let mut form = vec![("image_url", address.as_str())];
        if is_single {
            if !job.content.text.is_empty() {
                form.push(("caption", &job.content.text));
            }
        } else {
            form.push(("is_carousel_item", "true"));
        }
        if !image.alt_text.is_empty() {
            form.push(("alt_text", &image.alt_text));
        }
        match self.containers.create(&form).await {
            Ok(id) => Ok(if marks.keep_item(index, &id) { wait_for_status(marks) } else { at_once(&marks) }),
            Err(failure) => self.after_refusal(marks, failure),
        }
    }

    /// The address that the owner's web site lends to a picture. What is wrong with the web site is not said
    /// where the Page may take its place.
    async fn borrow_address(
        &self,
        marks: &mut Marks,
        index: usize,
        job: &Job<'_>,
    ) -> Result<Option<String>, Failure> {
        let (Some(image), Some(first)) = (job.content.images.get(index), job.content.images.first()) else {
            return Ok(None);
        };
        if marks.through_page || marks.items.get(index).is_some_and(|item| item.photo.is_some()) {
            return Ok(None);
        }
        let limits = self.image_limits(marks, index, first).await?;
        let lent = self.access.media.public_address(job.delivery_id, &image.media_id, &limits).await;
        let lent =
            if self.access.account.settings.facebook_photo_host { lent.unwrap_or_default() } else { lent? };
        marks.keep_lent(index, lent.is_some());
        Ok(lent)
    }

    /// Gives a local picture a public address: an unpublished photo of the linked Page.
    async fn host_photo(
        &self,
        mut marks: Marks,
        index: usize,
        images: &[OutgoingImage],
    ) -> Result<Prepared, Failure> {
        let (Some(image), Some(first)) = (images.get(index), images.first()) else {
            return Err(Failure::content("text_only_not_allowed"));
        };
        if !self.access.account.settings.facebook_photo_host {
            return Err(Failure::content("public_url_needed"));
        }
        let limits = self.image_limits(&marks, index, first).await?;
        let picture = self.access.media.jpeg(&image.media_id, &limits).await?;
        self.host.bring(&mut marks, index, picture).await?;
        Ok(at_once(&marks))
    }

    /// Instagram crops every picture of a carousel to the ratio of the first. Ours come with it, so that
    /// what is cut off is cut by us, around the centre.
    async fn image_limits(
        &self,
        marks: &Marks,
        index: usize,
        first: &OutgoingImage,
    ) -> Result<ImageLimits, Failure> {
        let limits = super::DESCRIPTOR.limits.image;
        // The size of a picture that is fetched from its own address is not ours to know.
        let is_ours = marks.items.first().is_some_and(|item| item.lent || item.photo.is_some());
        if index == 0 || !is_ours {
            return Ok(limits);
        }
        let shown = self.access.media.jpeg(&first.media_id, &limits).await?;
        let ratio = f64::from(shown.width) / f64::from(shown.height.max(1));
        Ok(ImageLimits { min_ratio: Some(ratio), max_ratio: Some(ratio), ..limits })
    }

    async fn build_carousel(&self, mut marks: Marks, job: &Job<'_>) -> Result<Prepared, Failure> {
        let children = marks.children();
        let mut form = vec![("media_type", "CAROUSEL"), ("children", children.as_str())];
        if !job.content.text.is_empty() {
            form.push(("caption", &job.content.text));
        }
        match self.containers.create(&form).await {
            Ok(id) => {
                marks.keep_whole(&id);
                Ok(wait_for_status(marks))
            }
            Err(failure) if is_container_lost(&failure) || failure.problem.code == CONTAINER_EXPIRED => {
                self.containers.build_again(marks, failure)
            }
            Err(failure) => self.after_refusal(marks, failure),
        }
    }

    /// Decides what a refused container means for the picture's address.
    fn after_refusal(&self, mut marks: Marks, failure: Failure) -> Result<Prepared, Failure> {
        let is_fetch = failure.problem.code == FETCH_FAILED;
        let may_host = self.access.account.settings.facebook_photo_host && !marks.through_page;
        if may_host && (is_about_the_picture(&failure) || (is_fetch && Containers::is_last_try(&marks))) {
            marks.drop_containers();
            marks.through_page = true;
            marks.failures = 0;
            return Ok(at_once(&marks));
        }
        if is_fetch {
            return self.containers.build_again(marks, Failure { class: FailureClass::Content, ..failure });
        }
        Err(failure)
    }

    pub async fn send(&self, job: &Job<'_>) -> Result<Sent, Failure> {
        self.containers.send(job).await
    }

    pub async fn reconcile(&self, job: &Job<'_>) -> Result<Finding, Failure> {
        self.containers.reconcile(job).await
    }

    /// Also the end of the Page photos that lent their address.
    pub async fn verify(&self, job: &Job<'_>) -> Result<HandedOver, Failure> {
        match self.containers.verify(job).await? {
            HandedOver::Published(mut receipt) => {
                receipt.leftovers = !self.host.remove(&Marks::read(job.marks, job.content)).await;
                Ok(HandedOver::Published(receipt))
            }
            other => Ok(other),
        }
    }

    pub async fn look_up(&self, job: &Job<'_>) -> Result<Finding, Failure> {
        self.containers.look_up(job).await
    }

    pub async fn delete(&self, job: &Job<'_>) -> Result<(), Failure> {
        self.containers.delete(job).await?;
        // The later look that would have done it is over with the post.
        self.host.remove(&Marks::read(job.marks, job.content)).await;
        Ok(())
    }
}
