//! Builds the record of a post (`app.bsky.feed.post`).

use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::{client::Client, facets, session::Session, wire::POST};
use crate::{
    connectors::{Access, Failure, ImageLimits},
    domain::OutgoingPost,
};

/// Builds the complete record: resolves mentions and uploads the pictures.
pub(super) async fn build(
    access: &Access<'_>,
    client: &Client<'_>,
    session: &mut Session,
    post: &OutgoingPost,
    limits: &ImageLimits,
) -> Result<Value, Failure> {
    let mut record = json!({
        "$type": POST,
        "text": post.text,
        "createdAt": instant(access.now),
    });
    let facets = facets_of(client, &post.text).await?;
    let embed = embed(access, client, session, post, limits).await?;
    if let Some(fields) = record.as_object_mut() {
        if !post.language.is_empty() {
            fields.insert("langs".into(), json!([post.language]));
        }
        if !facets.is_empty() {
            fields.insert("facets".into(), facets.into());
        }
        if let Some(embed) = embed {
            fields.insert("embed".into(), embed);
        }
    }
    Ok(record)
}

/// Uploads the pictures again and puts the result into a frozen record. Their references are made from
/// their bytes, so the record stays the same unless the pictures had to be derived anew.
pub(super) async fn refresh_pictures(
    access: &Access<'_>,
    client: &Client<'_>,
    session: &mut Session,
    post: &OutgoingPost,
    limits: &ImageLimits,
    record: &mut Value,
) -> Result<(), Failure> {
    if post.images.is_empty() {
        return Ok(());
    }
    let embed = embed(access, client, session, post, limits).await?;
    if let (Some(fields), Some(embed)) = (record.as_object_mut(), embed) {
        fields.insert("embed".into(), embed);
    }
    Ok(())
}

/// A mention that nobody answers to stays plain text: the post must not fail for it.
async fn facets_of(client: &Client<'_>, text: &str) -> Result<Vec<Value>, Failure> {
    let mut facets = Vec::new();
    for place in facets::find(text) {
        let feature = match place.target {
            facets::Target::Link(uri) => json!({"$type": "app.bsky.richtext.facet#link", "uri": uri}),
            facets::Target::Tag(tag) => json!({"$type": "app.bsky.richtext.facet#tag", "tag": tag}),
            facets::Target::Mention(handle) => match client.resolve(&handle).await? {
                Some(did) => json!({"$type": "app.bsky.richtext.facet#mention", "did": did}),
                None => continue,
            },
        };
        facets.push(facets::facet(place.start, place.end, feature));
    }
    Ok(facets)
}

/// Pictures, or else a card for the link. The card says what the post itself knows: reading the linked
/// page could fail or be slow, and must never decide over a post.
async fn embed(
    access: &Access<'_>,
    client: &Client<'_>,
    session: &mut Session,
    post: &OutgoingPost,
    limits: &ImageLimits,
) -> Result<Option<Value>, Failure> {
    if post.images.is_empty() {
        return Ok(card(post));
    }
    let mut images = Vec::new();
    for image in &post.images {
        let picture = access.media.jpeg(&image.media_id, limits).await?;
        let blob = client.upload(session, &picture.bytes, picture.mime).await?;
        images.push(json!({
            "image": blob,
            "alt": image.alt_text,
            "aspectRatio": {"width": picture.width, "height": picture.height},
        }));
    }
    Ok(Some(json!({"$type": "app.bsky.embed.images", "images": images})))
}

fn card(post: &OutgoingPost) -> Option<Value> {
    let url = Url::parse(post.link.as_deref()?).ok()?;
    let host = url.host_str()?.trim_start_matches("www.").to_owned();
    let title = post.title.as_deref().map(str::trim).filter(|title| !title.is_empty()).unwrap_or(&host);
    Some(json!({
        "$type": "app.bsky.embed.external",
        "external": {"uri": url.as_str(), "title": title, "description": ""},
    }))
}

/// RFC 3339 in UTC with milliseconds, the form that the network itself writes.
fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
