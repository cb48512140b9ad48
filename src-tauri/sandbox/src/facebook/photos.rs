//! `POST /{page}/photos`: a post of one photo, or an unpublished photo for a later post.

use serde_json::json;

use crate::{
    exchange::Call,
    facebook::{
        Caller, Reply,
        errors::GraphError,
        feed, fields,
        state::{Photo, Post},
    },
    faults::Quirks,
    fetch,
    media::Stored,
    objects::ObjectState,
    seed,
    state::World,
};

const LARGEST_BYTES: usize = 4 * 1024 * 1024;

const PARAMETERS: [&str; 16] = [
    "source",
    "url",
    "caption",
    "message",
    "alt_text_custom",
    "published",
    "scheduled_publish_time",
    "unpublished_content_type",
    "temporary",
    "no_story",
    "targeting",
    "feed_targeting",
    "place",
    "tags",
    "backdated_time",
    "backdated_time_granularity",
];

pub(super) async fn create(world: &World, call: &Call, caller: &Caller, quirks: Quirks, k: usize) -> Reply {
    caller.must_be_page(k)?;
    feed::check_parameters(world, call, &PARAMETERS)?;
    let text = call.param("caption").or_else(|| call.param("message")).filter(|text| !text.trim().is_empty());
    feed::check_text(text.as_deref())?;
    let is_published = fields::flag(call, "published")?.unwrap_or(true);
    let is_temporary = fields::flag(call, "temporary")?.unwrap_or(false);
    let has_story = !fields::flag(call, "no_story")?.unwrap_or(false);
    if call.param("scheduled_publish_time").is_some() {
        // Planning belongs to the /feed call that shows the photo.
        return Err(GraphError::parameter("scheduled_publish_time cannot be used on a photo upload"));
    }
    if is_temporary && is_published {
        return Err(GraphError::parameter("temporary can only be used with published=false"));
    }
    let media = bytes_of(world, call).await?;
    if quirks.media_failed {
        return Err(GraphError::unreadable_photo());
    }

    let now = world.now();
    let page = seed::facebook_page_id(k);
    let mut graph = world.graph();
    let id = graph.new_id();
    graph.photos.put(Photo {
        id: id.clone(),
        page: page.clone(),
        media,
        alt_text: call.param("alt_text_custom").filter(|text| !text.is_empty()),
        caption: text.clone(),
        is_temporary,
        created_at: now,
        post: None,
        is_deleted: false,
    });
    let mut whole = json!({"id": id, "post_id": null, "permalink_url": null, "page_story_id": null});
    if is_published && has_story {
        let post = Post {
            id: format!("{page}_{}", graph.new_id()),
            page,
            message: text,
            link: None,
            photos: vec![id],
            created_at: now,
            updated_at: now,
            scheduled_at: None,
            state: ObjectState::Published,
            application: Some(seed::FACEBOOK_APP_NAME.to_owned()),
        };
        whole["post_id"] = json!(post.id);
        whole["page_story_id"] = json!(post.id);
        whole["permalink_url"] = json!(super::state::permalink(world, &post.id));
        graph.add_post(post);
    }
    fields::select(call, &whole, &["id", "post_id"], "Photo")
}

/// Takes the photo from the body or from its address and refuses what a Page does not show.
async fn bytes_of(world: &World, call: &Call) -> Result<Stored, GraphError> {
    let bytes = if let Some(part) = call.file("source") {
        part.bytes.clone()
    } else if let Some(address) = call.param("url") {
        fetch::get(&address)
            .await
            .ok_or_else(|| GraphError::new(324, Some(2_069_019), "(#324) Missing or invalid image file"))?
            .bytes
    } else {
        return Err(GraphError::new(324, None, "(#324) Requires upload file"));
    };
    if bytes.is_empty() {
        return Err(GraphError::new(324, Some(2_069_019), "(#324) Missing or invalid image file"));
    }
    if bytes.len() > LARGEST_BYTES {
        return Err(GraphError::unreadable_photo());
    }
    let stored = world.blobs.put(&bytes);
    if !matches!(stored.mime.as_str(), "image/jpeg" | "image/png") || stored.width == 0 {
        return Err(GraphError::unreadable_photo());
    }
    Ok(stored)
}
