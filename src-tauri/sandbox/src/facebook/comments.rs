//! Comments below posts and below other comments (reference 1.10): read, answered, hidden, deleted.

use axum::http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    exchange::Call,
    facebook::{Caller, Reply, errors::GraphError, fields, state::Post},
    objects::ObjectState,
    platform::Platform,
    seed,
    state::World,
    visitors::{Remark, Visit},
};

const LONGEST: usize = 8000;

fn whole(world: &World, remark: &Remark) -> Value {
    let from = match (remark.by_house, &remark.author) {
        (true, _) => json!({"id": seed::facebook_page_id(remark.account), "name": seed::DISPLAY_NAME}),
        (false, Some(name)) => json!({"id": format!("55{}", remark.id), "name": name}),
        (false, None) => Value::Null,
    };
    let post = remark.post.as_deref().unwrap_or_default();
    json!({
        "id": remark.id,
        "message": remark.text,
        "from": from,
        "created_time": fields::written(remark.created_at),
        "parent": remark.parent.as_ref().map(|id| json!({"id": id})),
        "comment_count": 0,
        "can_hide": !remark.by_house,
        "is_hidden": remark.is_hidden,
        "permalink_url": format!("{}/permalink/{post}?comment_id={}", world.addresses().facebook, remark.id),
    })
}

/// Comments and answers below a post.
pub(super) fn count(world: &World, post: &str) -> i64 {
    let visitors = world.visitors();
    let left = visitors
        .remarks
        .iter()
        .filter(|r| r.platform == Platform::Facebook && r.post.as_deref() == Some(post) && !r.is_deleted)
        .count();
    i64::try_from(left).unwrap_or(i64::MAX)
}

fn list(world: &World, call: &Call, shown: &[Remark]) -> Reply {
    let mut items = Vec::new();
    for remark in shown {
        let item =
            fields::select(call, &whole(world, remark), &["created_time", "from", "message"], "Comment")?;
        items.push((remark.id.clone(), item));
    }
    if call.param("order").as_deref() == Some("reverse_chronological") {
        items.reverse();
    }
    fields::page(call, &world.addresses().facebook, items, 25)
}

/// Requests about comments; `None` when the node is no post with comments and no comment.
pub(super) fn routed(
    world: &World,
    call: &Call,
    caller: &Caller,
    node: &str,
    edge: &[&str],
) -> Option<Reply> {
    let post = {
        let graph = world.graph();
        graph.posts.get(node).map(|post| post.page.clone())
    };
    if let (Some(owner), ["comments"]) = (&post, edge) {
        let k = seed::number_of_id(owner, world.options.accounts, seed::facebook_page_id)?;
        if let Err(error) = caller.must_read(k, node) {
            return Some(Err(error));
        }
        let is_stream = call.param("filter").as_deref() == Some("stream");
        let shown: Vec<Remark> = world
            .visitors()
            .of(Platform::Facebook, k)
            .filter(|r| r.post.as_deref() == Some(node) && (is_stream || r.parent.is_none()))
            .cloned()
            .collect();
        return Some(list(world, call, &shown));
    }
    let remark = world.visitors().remarks.get(node).filter(|r| r.platform == Platform::Facebook).cloned()?;
    let k = remark.account;
    if remark.is_deleted {
        return Some(Err(GraphError::no_such_object(&call.method.as_str().to_ascii_lowercase(), node)));
    }
    Some(match (&call.method, edge) {
        (&Method::GET, []) => caller.must_read(k, node).and_then(|()| {
            fields::select(call, &whole(world, &remark), &["created_time", "from", "message"], "Comment")
        }),
        (&Method::GET, ["comments"]) => caller.must_read(k, node).and_then(|()| {
            let shown: Vec<Remark> = world
                .visitors()
                .of(Platform::Facebook, k)
                .filter(|r| r.parent.as_deref() == Some(node))
                .cloned()
                .collect();
            list(world, call, &shown)
        }),
        (&Method::POST, ["comments"]) => caller.must_be_page(k).and_then(|()| answer(world, call, &remark)),
        (&Method::POST, []) => caller.must_be_page(k).and_then(|()| {
            let hidden = fields::flag(call, "is_hidden")?
                .ok_or_else(|| GraphError::parameter("Missing or invalid parameter(s)"))?;
            if let Some(remark) = world.visitors().find(Platform::Facebook, k, node) {
                remark.is_hidden = hidden;
            }
            Ok(json!({"success": true}))
        }),
        (&Method::DELETE, []) => caller.must_be_page(k).map(|()| {
            if let Some(remark) = world.visitors().find(Platform::Facebook, k, node) {
                remark.is_deleted = true;
            }
            json!({"success": true})
        }),
        _ => Err(GraphError::unknown_path(call)),
    })
}

fn answer(world: &World, call: &Call, below: &Remark) -> Reply {
    let text = call.param("message").filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| GraphError::parameter("Missing or invalid parameter(s)"))?;
    if text.chars().count() > LONGEST {
        return Err(GraphError::parameter("Param message is too long"));
    }
    let visit = Visit {
        account: below.account,
        post: below.post.clone(),
        // One level of answers: an answer to an answer stands below the first comment.
        parent: Some(below.parent.clone().unwrap_or_else(|| below.id.clone())),
        ..Visit::saying(seed::DISPLAY_NAME, &text)
    };
    let now = world.now();
    let made = world.visitors().add(Platform::Facebook, visit, true, now);
    fields::select(call, &whole(world, &made), &["id"], "Comment")
}

/// Where a visitor without a post speaks: below the Page's newest one, else below one that the house has made
/// by hand for it.
pub(crate) fn post_for_guests(world: &World, k: usize) -> String {
    let page = seed::facebook_page_id(k);
    let mut graph = world.graph();
    if let Some(newest) = graph.timeline(&page).next() {
        return newest.id.clone();
    }
    let id = format!("{page}_{}", graph.new_id());
    let at = world.now() - SignedDuration::from_hours(26);
    graph.add_post(Post {
        id: id.clone(),
        page,
        message: Some("La terrasse est ouverte ce week-end.".to_owned()),
        link: None,
        photos: Vec::new(),
        created_at: at,
        updated_at: at,
        scheduled_at: None,
        state: ObjectState::Published,
        application: None,
    });
    id
}
