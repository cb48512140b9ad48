//! Double of Instagram by the Facebook-login route: containers, publication, the account's media.
//!
//! It answers behind the Graph router with the Page's token. Films, stories, comments and insights are not
//! doubled; `/stories` is an empty list.

mod account;
mod containers;
mod insights;
mod publish;
pub(crate) mod state;

use axum::http::Method;

use crate::{
    exchange::Call,
    facebook::{Caller, Reply, errors::GraphError},
    faults::Quirks,
    seed,
    state::World,
};

/// Answers when `node` is an Instagram account, a container or a published media; `None` otherwise.
pub(crate) async fn routed(
    world: &World,
    call: &Call,
    caller: &Caller,
    quirks: Quirks,
    node: &str,
    edge: &[&str],
) -> Option<Reply> {
    if let Some(k) = seed::number_of_id(node, world.options.accounts, seed::instagram_id) {
        if let Err(error) = caller.must_read(k, node) {
            return Some(Err(error));
        }
        return Some(match (&call.method, edge) {
            (&Method::GET, []) => account::read(world, call, k),
            (&Method::GET, ["media"]) => account::media(world, call, quirks, k),
            (&Method::GET, ["stories"]) => Ok(serde_json::json!({"data": []})),
            (&Method::GET, ["content_publishing_limit"]) => account::limit(world, call, k),
            (&Method::GET, ["insights"]) => insights::account(world, call, k),
            (&Method::POST, ["media"]) => containers::create(world, call, quirks, k).await,
            (&Method::POST, ["media_publish"]) => publish::publish(world, call, k),
            _ => Err(GraphError::unknown_path(call)),
        });
    }
    let (owner, is_container) = {
        let graph = world.graph();
        if let Some(container) = graph.containers.get(node) {
            (container.account.clone(), true)
        } else {
            (graph.ig_media.get(node)?.account.clone(), false)
        }
    };
    let k = seed::number_of_id(&owner, world.options.accounts, seed::instagram_id)?;
    if let Err(error) = caller.must_read(k, node) {
        return Some(Err(error));
    }
    Some(match (&call.method, edge, is_container) {
        (&Method::GET, [], true) => containers::status(world, call, node),
        (&Method::GET, [], false) => account::one(world, call, node),
        (&Method::GET, ["insights"], false) => insights::media(world, call, node),
        (&Method::POST, [], false) => account::edit(world, call, node),
        (&Method::DELETE, [], false) => account::delete(world, node),
        _ => Err(GraphError::unknown_path(call)),
    })
}
