//! One comment, mention or review as people and programs see it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DeliveryView, Lookup, delivery_view};
use crate::{
    domain::{AccountState, ConversationItem, ConversationKind, HouseAnswer},
    store::{Connection, StoreError, conversations, deliveries, posts},
};

/// The post below which something was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AboutPost {
    pub post_id: String,
    /// Its title, else the beginning of its text.
    pub title: String,
    pub permalink: Option<String>,
}

/// One comment, mention or review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConversationView {
    pub id: String,
    pub kind: ConversationKind,
    /// Account id.
    pub account: String,
    pub account_label: String,
    #[schema(example = "google_business")]
    pub platform: String,
    /// `null` where the network does not say who.
    pub author: Option<String>,
    /// `null` where there is none, or the network hides it.
    pub text: Option<String>,
    /// Stars, 1 to 5.
    pub rating: Option<u8>,
    /// Where it stands on the network.
    pub permalink: Option<String>,
    /// The post of the house that it is about, when it left from here.
    pub post: Option<AboutPost>,
    /// It answers another comment.
    pub is_answer: bool,
    /// The answer of the house as the network shows it, wherever it was written.
    pub answer: Option<HouseAnswer>,
    /// The answers written here, oldest first.
    pub replies: Vec<DeliveryView>,
    /// Still waits for an answer, or for being settled without one.
    pub unanswered: bool,
    /// Hidden from others.
    pub hidden: bool,
    /// What can be done now: `reply`, `hide`, `show`, `open`.
    pub actions: Vec<String>,
    /// Longest answer in the network's own counting.
    pub max_reply: Option<u32>,
    #[schema(value_type = String, format = DateTime)]
    pub written_at: Timestamp,
    /// Last change that the network dates.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    /// Deleted at the network.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deleted_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub read_at: Option<Timestamp>,
    /// Settled without an answer.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub handled_at: Option<Timestamp>,
}

/// A page of comments, mentions and reviews.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ConversationPage {
    pub items: Vec<ConversationView>,
    pub next_cursor: Option<String>,
    /// How many wait for an answer in all.
    pub unanswered: u64,
    /// How many were not read in all.
    pub unread: u64,
}

/// Makes the view of one item.
pub fn conversation_view(
    connection: &Connection,
    lookup: &Lookup,
    item: ConversationItem,
    unanswered: bool,
) -> Result<ConversationView, StoreError> {
    let replies = conversations::replies(connection, &item.id)?;
    let post = match &item.delivery_id {
        None => None,
        Some(delivery) => about(connection, delivery)?,
    };
    let connector = lookup.registry.get(&item.platform);
    let conversation = connector.and_then(|connector| connector.conversation());
    let account = lookup.account(item.account_id.as_str());
    let is_there = item.deleted_at.is_none();
    let is_connected = account.is_some_and(|account| account.state == AccountState::Connected);
    let rules = connector.and_then(|connector| Some(connector.conversation()?.rules()));
    let can_reply = is_there
        && account.is_some_and(|account| account.state != AccountState::Removed)
        && conversation.is_some_and(|conversation| conversation.replies().is_some());
    let mut actions = Vec::new();
    if can_reply {
        actions.push("reply".to_owned());
    }
    if is_there && is_connected && rules.is_some_and(|rules| rules.can_hide) {
        actions.push(if item.hidden { "show" } else { "hide" }.to_owned());
    }
    if item.permalink.is_some() && is_there {
        actions.push("open".to_owned());
    }
    Ok(ConversationView {
        id: item.id.to_string(),
        kind: item.kind,
        account_label: lookup.label(item.account_id.as_str(), &item.platform),
        account: item.account_id.to_string(),
        platform: item.platform,
        author: item.author,
        text: item.text,
        rating: item.rating,
        permalink: item.permalink,
        post,
        is_answer: item.parent_remote_id.is_some(),
        answer: item.answer,
        replies: replies.into_iter().map(|delivery| delivery_view(lookup, delivery)).collect(),
        unanswered,
        hidden: item.hidden,
        actions,
        max_reply: rules.filter(|_| can_reply).map(|rules| rules.max_text),
        written_at: item.written_at,
        changed_at: item.changed_at,
        deleted_at: item.deleted_at,
        read_at: item.read_at,
        handled_at: item.handled_at,
    })
}

fn about(
    connection: &Connection,
    delivery: &crate::domain::DeliveryId,
) -> Result<Option<AboutPost>, StoreError> {
    let Some(delivery) = deliveries::find(connection, delivery)? else { return Ok(None) };
    let Some(post) = posts::find(connection, &delivery.post_id)? else { return Ok(None) };
    let title = post.content.title.filter(|title| !title.trim().is_empty()).unwrap_or(post.content.body);
    let title = title.lines().next().unwrap_or_default().chars().take(80).collect();
    Ok(Some(AboutPost { post_id: post.id.to_string(), title, permalink: delivery.permalink }))
}
