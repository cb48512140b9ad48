//! `POST /{ig}/media_publish`: the one call that makes a container visible.

use serde_json::json;

use crate::{
    exchange::Call,
    facebook::{Reply, errors::GraphError, fields},
    instagram::{account, containers, state::IgMedia},
    seed,
    state::World,
};

pub(super) fn publish(world: &World, call: &Call, k: usize) -> Reply {
    let account = seed::instagram_id(k);
    let now = world.now();
    let creation_id = call
        .param("creation_id")
        .ok_or_else(|| GraphError::parameter("The parameter creation_id is required"))?;
    let mut graph = world.graph();
    let container = graph
        .containers
        .get(&creation_id)
        .filter(|container| container.account == account)
        .ok_or_else(gone)?;
    match container.status_code(now) {
        "FINISHED" => {}
        "IN_PROGRESS" => return Err(containers::not_ready()),
        "EXPIRED" => return Err(containers::expired()),
        // A used container "does not exist" any more. A client that rebuilds on this answer, without
        // reading the status first, posts twice.
        "PUBLISHED" => return Err(gone()),
        _ => {
            return Err(GraphError::new(
                -1,
                Some(2_207_032),
                "Create media fail, please try to re-create media",
            ));
        }
    }
    if container.is_carousel_item {
        return Err(GraphError::parameter("A carousel item cannot be published on its own"));
    }
    if world.options.strict.rate_limits && account::used(&graph, &account, now) >= account::QUOTA {
        return Err(GraphError::new(
            9,
            Some(2_207_042),
            "(#9) The user has reached the maximum number of posts that can be published by content \
             publishing API.",
        ));
    }
    let media = IgMedia {
        account,
        container: creation_id.clone(),
        caption: container.caption.clone(),
        items: container.items.clone(),
        created_at: now,
        is_deleted: false,
        shortcode: String::new(),
        id: String::new(),
    };
    let number = graph.new_id();
    let media = IgMedia { id: format!("180{number}"), shortcode: shortcode(&number), ..media };
    let permalink = media.permalink(world);
    let id = media.id.clone();
    graph.ig_media.put(media);
    if let Some(container) = graph.containers.get_mut(&creation_id) {
        container.published_as = Some(id.clone());
    }
    fields::select(call, &json!({"id": id, "permalink": permalink}), &["id"], "Media")
}

fn gone() -> GraphError {
    GraphError::new(24, Some(2_207_008), "The requested resource does not exist").for_user(
        "Media builder not found",
        "The media builder with this creation id does not exist or has been expired.",
    )
}

/// Writes a number in the alphabet of Instagram's addresses.
fn shortcode(number: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut rest: u64 = number.parse().unwrap_or_default();
    let mut code = Vec::new();
    while rest > 0 {
        code.push(ALPHABET.get((rest % 64) as usize).copied().unwrap_or(b'A'));
        rest /= 64;
    }
    code.reverse();
    String::from_utf8_lossy(&code).into_owned()
}
