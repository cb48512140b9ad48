//! Existing posts and photos: lists, one by one, changes and removal.

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    audience::Audience,
    exchange::Call,
    facebook::{
        Caller, Reply, comments,
        errors::GraphError,
        feed, fields,
        state::{Graph, Photo, Post, permalink},
    },
    faults::Quirks,
    objects::ObjectState,
    seed,
    state::World,
};

const EDITABLE: [&str; 5] = ["message", "scheduled_publish_time", "is_published", "is_hidden", "is_pinned"];

/// Every field of a post that can be asked for; null = no value.
pub(super) fn whole(world: &World, graph: &Graph, post: &Post) -> Value {
    let is_published = post.state == ObjectState::Published;
    let audience =
        Audience::of(&post.id, if is_published { post.created_at } else { world.now() }, world.now());
    let media = graph.media_of(post);
    let source = |name: &str| format!("{}/media/{name}", world.addresses().facebook);
    let pictures: Vec<Value> = post
        .photos
        .iter()
        .filter_map(|id| graph.photos.get(id))
        .map(|photo| {
            json!({
                "type": "photo",
                "media": {"image": {
                    "src": source(&photo.media.file_name()),
                    "width": photo.media.width,
                    "height": photo.media.height,
                }},
                "target": {"id": photo.id},
                "description": photo.alt_text,
            })
        })
        .collect();
    let attachments = match (pictures.as_slice(), &post.link) {
        ([], None) => Value::Null,
        ([], Some(link)) => {
            json!({"data": [{"type": "share", "unshimmed_url": link, "url": link}]})
        }
        ([single], _) => json!({"data": [single]}),
        (_, _) => json!({"data": [{"type": "album", "subattachments": {"data": pictures}}]}),
    };
    json!({
        "id": post.id,
        "message": post.message,
        "created_time": fields::written(post.created_at),
        "updated_time": fields::written(post.updated_at),
        "permalink_url": permalink(world, &post.id),
        "is_published": is_published,
        "is_hidden": false,
        "is_expired": false,
        "scheduled_publish_time": post.scheduled_at.filter(|_| !is_published).map(Timestamp::as_second),
        "unpublished_content_type": match post.state {
            ObjectState::Scheduled => json!("SCHEDULED"),
            ObjectState::Draft => json!("DRAFT"),
            _ => Value::Null,
        },
        "application": post.application.as_ref().map(|name| {
            json!({"name": name, "id": seed::FACEBOOK_APP_ID, "link": "https://example.test/"})
        }),
        "from": {"id": post.page, "name": seed::DISPLAY_NAME},
        "status_type": match (media.is_empty(), &post.link) {
            (false, _) => "added_photos",
            (true, Some(_)) => "shared_story",
            (true, None) => "mobile_status_update",
        },
        "attachments": attachments,
        "full_picture": pictures.first().and_then(|picture| picture.pointer("/media/image/src").cloned()),
        "link": post.link,
        // Left out while there are none.
        "shares": (audience.shares > 0).then(|| json!({"count": audience.shares})),
        "comments": {
            "data": [],
            "summary": {
                "order": "ranked",
                "total_count": audience.comments + comments::count(world, &post.id),
                "can_comment": true,
            },
        },
        "reactions": {"data": [], "summary": {"total_count": audience.likes, "viewer_reaction": "NONE"}},
    })
}

fn whole_photo(world: &World, photo: &Photo) -> Value {
    let source = format!("{}/media/{}", world.addresses().facebook, photo.media.file_name());
    json!({
        "id": photo.id,
        "created_time": fields::written(photo.created_at),
        "images": [{"height": photo.media.height, "width": photo.media.width, "source": source}],
        "width": photo.media.width,
        "height": photo.media.height,
        "name": photo.caption,
        "alt_text_custom": photo.alt_text,
        "alt_text": photo.alt_text,
        "link": photo.post.as_ref().map(|post| permalink(world, post)),
        "page_story_id": photo.post,
        "from": {"id": photo.page, "name": seed::DISPLAY_NAME},
    })
}

pub(super) fn published(world: &World, call: &Call, caller: &Caller, quirks: Quirks, k: usize) -> Reply {
    let page = seed::facebook_page_id(k);
    caller.must_read(k, &page)?;
    let bound = |name: &str| {
        call.param(name)
            .map(|text| {
                fields::time(&text)
                    .ok_or_else(|| GraphError::parameter(format!("Param {name} must be a time")))
            })
            .transpose()
    };
    let (since, until) = (bound("since")?, bound("until")?);
    let graph = world.graph();
    let shown = graph.timeline(&page).filter(|post| {
        is_listed(world, post, quirks)
            && since.is_none_or(|since| post.created_at >= since)
            && until.is_none_or(|until| post.created_at <= until)
    });
    list(world, call, &graph, shown)
}

pub(super) fn scheduled(world: &World, call: &Call, caller: &Caller, quirks: Quirks, k: usize) -> Reply {
    let page = seed::facebook_page_id(k);
    caller.must_read(k, &page)?;
    let graph = world.graph();
    let shown = graph.waiting(&page).filter(|post| is_listed(world, post, quirks));
    list(world, call, &graph, shown)
}

/// A lagging list does not know the youngest posts yet.
fn is_listed(world: &World, post: &Post, quirks: Quirks) -> bool {
    quirks.listing_lag_secs == 0
        || world.now().duration_since(post.created_at) > SignedDuration::from_secs(quirks.listing_lag_secs)
}

fn list<'a>(world: &World, call: &Call, graph: &Graph, posts: impl Iterator<Item = &'a Post>) -> Reply {
    // Only ids are needed of what lies outside the asked page.
    let limit = call.param("limit").and_then(|limit| limit.parse::<usize>().ok()).unwrap_or(25).clamp(1, 100);
    let after = call.param("after");
    let mut is_past = after.is_none();
    let mut left = limit + 1;
    let mut items = Vec::new();
    for post in posts {
        if !is_past {
            is_past = Some(&post.id) == after.as_ref();
            items.push((post.id.clone(), Value::Null));
            continue;
        }
        if left == 0 {
            break;
        }
        left -= 1;
        let shown = fields::select(call, &whole(world, graph, post), &["created_time", "message"], "Post")?;
        items.push((post.id.clone(), shown));
    }
    fields::page(call, &world.addresses().facebook, items, 25)
}

/// Requests about one post or photo.
pub(super) fn routed(world: &World, call: &Call, caller: &Caller, node: &str, edge: &[&str]) -> Reply {
    if let (&Method::GET, ["insights"]) = (&call.method, edge) {
        return super::insights::post(world, call, caller, node);
    }
    if !edge.is_empty() {
        return Err(GraphError::unknown_path(call));
    }
    let verb = call.method.as_str().to_ascii_lowercase();
    let unknown = || GraphError::no_such_object(&verb, node);
    let mut graph = world.graph();
    if let Some(photo) = graph.photos.get(node).filter(|photo| !photo.is_deleted) {
        let k = page_number(world, &photo.page).ok_or_else(unknown)?;
        return match call.method {
            Method::GET => {
                caller.must_read(k, node)?;
                fields::select(call, &whole_photo(world, photo), &["created_time", "name"], "Photo")
            }
            Method::DELETE => {
                caller.must_be_page(k)?;
                let post = photo.post.clone();
                if let Some(photo) = graph.photos.get_mut(node) {
                    photo.is_deleted = true;
                }
                if let Some(post) = post {
                    graph.delete_post(&post);
                }
                Ok(json!({"success": true}))
            }
            _ => Err(unknown()),
        };
    }
    let post = graph.posts.get(node).filter(|post| post.state != ObjectState::Deleted).ok_or_else(unknown)?;
    let k = page_number(world, &post.page).ok_or_else(unknown)?;
    match call.method {
        Method::GET => {
            caller.must_read(k, node)?;
            fields::select(call, &whole(world, &graph, post), &["created_time", "message"], "Post")
        }
        Method::POST => {
            caller.must_be_page(k)?;
            edit(world, call, &mut graph, node)
        }
        Method::DELETE => {
            caller.must_be_page(k)?;
            graph.delete_post(node);
            Ok(json!({"success": true}))
        }
        _ => Err(unknown()),
    }
}

fn page_number(world: &World, page: &str) -> Option<usize> {
    seed::number_of_id(page, world.options.accounts, seed::facebook_page_id)
}

fn edit(world: &World, call: &Call, graph: &mut Graph, id: &str) -> Reply {
    feed::check_parameters(world, call, &EDITABLE)?;
    let now = world.now();
    let message = call.param("message");
    feed::check_text(message.as_deref())?;
    let planned = call.param("scheduled_publish_time").map(|text| feed::planned(&text, now)).transpose()?;
    let publishes = fields::flag(call, "is_published")?.unwrap_or(false);
    let Some(post) = graph.posts.get_mut(id) else {
        return Err(GraphError::no_such_object("post", id));
    };
    if message.is_some() && post.application.is_none() {
        return Err(GraphError::permission("The post was not created by this application"));
    }
    if planned.is_some() && post.state != ObjectState::Scheduled {
        return Err(GraphError::parameter("Only a scheduled post can be rescheduled"));
    }
    if let Some(message) = message {
        post.message = Some(message);
    }
    if planned.is_some() {
        post.scheduled_at = planned;
    }
    post.updated_at = now;
    if publishes && post.state != ObjectState::Published {
        graph.publish(id, now);
    }
    Ok(json!({"success": true}))
}
