//! Answering a comment, a mention or a review: the answer becomes a post with one delivery, frozen and
//! written before anything leaves, and then lives like every other.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{By, IdempotencyClaim, Orchestrator, Published, Refusal};
use crate::{
    connectors::ConversationRules,
    conversations::settle_alert,
    domain::{
        AccountState, ContentKind, ConversationItem, ConversationItemId, Delivery, DeliveryId, DeliveryState,
        LatePolicy, OutgoingPost, Post, PostContent, PostId, ReplyTo, fingerprint::sha256_hex,
    },
    social::adapt::measure,
    store::{StoreError, Tx, accounts, conversations},
};

impl Orchestrator {
    /// Plans an answer. The answer to the caller is given after the commit.
    ///
    /// Errors: the item is unknown or gone, the account is not connected, the network takes no answer, the
    /// text is empty or too long, or another answer to the same item is still under way.
    pub async fn reply(
        &self,
        id: &ConversationItemId,
        text: &str,
        by: &By,
        claim: Option<IdempotencyClaim>,
    ) -> Result<Published, Refusal> {
        let now = self.clock.now();
        let row = id.clone();
        let (item, account, earlier) = self
            .store
            .read(move |c| {
                let item = conversations::find(c, &row)?.ok_or(StoreError::NotFound)?;
                let account = accounts::find(c, &item.account_id)?.ok_or(StoreError::NotFound)?;
                Ok((item, account, conversations::replies(c, &row)?))
            })
            .await?;
        if item.deleted_at.is_some() {
            return Err(Refusal::new("conversation_deleted"));
        }
        if account.state == AccountState::Removed {
            return Err(Refusal::new("conversation_account_stopped"));
        }
        let connector = self.registry.get(&item.platform).cloned();
        let conversation = connector.as_ref().and_then(|connector| connector.conversation());
        let rules = conversation.and_then(|c| c.replies().map(|_| c.rules()));
        let rules = rules.ok_or_else(|| Refusal::new("reply_not_possible"))?;
        let text = text.trim();
        fits(text, &rules)?;
        if let Some(under_way) = other_words(&earlier, text) {
            let value = json!(under_way.to_string());
            return Err(Refusal::new("reply_under_way").field("text", &[("post_id", value)]));
        }
        let undo = if by.can_undo { self.settings().publishing.undo_secs } else { 0 };
        let due_at = now + SignedDuration::from_secs(i64::try_from(undo).unwrap_or(0));
        let post = Post {
            id: PostId::new(),
            kind: ContentKind::Evergreen,
            content: PostContent { body: text.to_owned(), ..PostContent::default() },
            revision: 1,
            schedule: None,
            // An answer is wanted however late it is.
            late_policy: LatePolicy::SendNow,
            targets: vec![account.id.to_string()],
            undo_until: (undo > 0).then_some(due_at),
            problem: None,
            reply_to: Some(id.clone()),
            created_by: by.actor.clone(),
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        let delivery = Delivery {
            id: DeliveryId::new(),
            post_id: post.id.clone(),
            revision: 1,
            account_id: account.id.clone(),
            platform: item.platform.clone(),
            state: DeliveryState::Queued,
            due_at,
            next_at: Some(due_at),
            kind: post.kind,
            late_policy: post.late_policy,
            content: content(&item, text, self.language()),
            marks: serde_json::Value::Null,
            attempts: 0,
            crash_count: 0,
            lookups: 0,
            owner: None,
            first_sent_at: None,
            sent_at: None,
            doubtful: false,
            hand_over: false,
            remote_id: None,
            permalink: None,
            problem: None,
            wanted: None,
            finished_at: None,
            removed_at: None,
            created_at: now,
            updated_at: now,
        };
        let key = dedup_key(&item, text);
        self.keep(post, vec![(delivery, key)], Vec::new(), by, claim, now).await
    }
}

/// The answer with other words that may still come out, if there is one: a guest gets one answer.
fn other_words<'d>(earlier: &'d [Delivery], text: &str) -> Option<&'d PostId> {
    let under_way = earlier.iter().find(|delivery| {
        let is_over =
            delivery.state.is_final() || (delivery.state == DeliveryState::Held && delivery.is_nowhere());
        !is_over && delivery.content.text != text
    });
    under_way.map(|delivery| &delivery.post_id)
}

/// What an answer changes beside the outbox, in the same transaction: two doors may answer one guest at
/// the same moment, and only one of them gets through.
///
/// Errors: [`StoreError::AlreadyPlanned`] names the other answer.
pub(super) fn note_answered(tx: &Tx<'_>, post: &Post, now: Timestamp) -> Result<(), StoreError> {
    let Some(item) = &post.reply_to else { return Ok(()) };
    if let Some(other) = other_words(&conversations::replies(tx, item)?, &post.content.body) {
        return Err(StoreError::AlreadyPlanned(other.clone()));
    }
    conversations::set_read(tx, item, now)?;
    settle_alert(tx, item, now)
}

fn content(item: &ConversationItem, text: &str, language: &str) -> OutgoingPost {
    OutgoingPost {
        text: text.to_owned(),
        language: language.to_owned(),
        reply_to: Some(ReplyTo {
            item_id: item.id.clone(),
            remote_id: item.remote_id.clone(),
            post_remote_id: item.post_remote_id.clone(),
            handle: item.handle.clone(),
        }),
        ..OutgoingPost::default()
    }
}

fn fits(text: &str, rules: &ConversationRules) -> Result<(), Refusal> {
    if text.is_empty() {
        return Err(Refusal::new("text_empty").field("text", &[]));
    }
    let length = measure(text, rules.counting_rule, rules.max_text, rules.max_text_bytes);
    let too_many_bytes = rules.max_text_bytes.is_some_and(|max| text.len() > max as usize);
    if length.fits && !too_many_bytes {
        return Ok(());
    }
    let values = [("length", json!(length.used)), ("max_length", json!(length.limit))];
    Err(Refusal::new("text_too_long").field("text", &values))
}

/// Equal for two identical answers to the same item.
fn dedup_key(item: &ConversationItem, text: &str) -> String {
    let identity = json!(["reply", item.account_id.as_str(), item.remote_id, text]);
    sha256_hex(identity.to_string().as_bytes())
}
