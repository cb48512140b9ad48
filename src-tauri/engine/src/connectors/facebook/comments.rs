//! Comments below the Page's posts, and the answers to them (reference 1.10). Kind E: an answer is looked up
//! among the replies of its comment by its words, its time and what was there before.
//!
//! Facebook shows one level of answers: an answer to an answer stands below the first comment, so that is
//! where it is sent and looked for.

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Facebook, errors::table};
use crate::{
    connectors::{
        Access, Complete, Conversation, ConversationRules, CountingRule, Failure, FailureClass, Finding,
        HandedOver, Heard, Job, Kind, Prepared, Publisher, ReadRequest, Receipt, Said, Sent, earliest_effect,
        graph::{
            Graph,
            errors::is_gone,
            token::credential,
            wire::{GraphId, next_cursor, read_all, text_of, time_of},
        },
    },
    domain::{AnswerState, ConversationKind, HouseAnswer, Problem, fingerprint::fingerprint},
};

/// Posts whose comments are looked at, and of those at most so many in one reading.
const POSTS: &str = "25";
const MAX_POSTS: usize = 12;
const COMMENT_FIELDS: &str = "id,message,from,created_time,parent,is_hidden";
const REPLY_FIELDS: &str = "id,message,from,created_time";

const RULES: ConversationRules = ConversationRules {
    kinds: &[ConversationKind::Comment],
    reply_kind: Kind::E,
    // Not published; what people report.
    max_text: 8000,
    counting_rule: CountingRule::CodePoints,
    max_text_bytes: None,
    can_hide: true,
    one_answer: false,
};

/// The publisher of answers.
struct Answers;

/// One comment as the Graph shows it.
struct Comment {
    id: GraphId,
    author: Option<String>,
    author_id: Option<String>,
    message: Option<String>,
    parent: Option<GraphId>,
    is_hidden: bool,
    at: Timestamp,
}

impl Comment {
    fn read(item: &Value) -> Option<Self> {
        let from = item.get("from");
        Some(Self {
            id: GraphId::of(item, "id")?,
            // Both may be absent: a missing permission is no empty text.
            author: from.and_then(|from| text_of(from, "name")).map(str::to_owned),
            author_id: from.and_then(|from| text_of(from, "id")).map(str::to_owned),
            message: text_of(item, "message").map(str::to_owned),
            parent: item.get("parent").and_then(|parent| GraphId::of(parent, "id")),
            is_hidden: item.get("is_hidden").and_then(Value::as_bool).unwrap_or(false),
            at: item.get("created_time").and_then(time_of)?,
        })
    }

    fn is_by(&self, page: &GraphId) -> bool {
        self.author_id.as_deref() == Some(page.as_str())
    }
}

/// One account's way to the comments of its Page.
struct Client<'a> {
    graph: Graph<'a>,
    page: GraphId,
}

/// A post with what is known of its comments.
struct Commented {
    id: GraphId,
    permalink: Option<String>,
    /// `None`: not told.
    comments: Option<i64>,
}

impl<'a> Client<'a> {
    fn new(access: &Access<'a>) -> Result<Self, Failure> {
        Ok(Self {
            graph: Graph::new(access, credential(access)?, table),
            page: GraphId::require(&access.account.remote_id)?,
        })
    }

    async fn posts(&self) -> Result<Vec<Commented>, Failure> {
        let fields = "id,permalink_url,comments.summary(true).limit(0)";
        let path = format!("/{}/published_posts", self.page);
        let body = self.graph.get(&path, &[("fields", fields), ("limit", POSTS)]).await?;
        read_all(&body, |item| {
            Some(Commented {
                id: GraphId::of(item, "id")?,
                permalink: text_of(item, "permalink_url").map(str::to_owned),
                comments: item.pointer("/comments/summary/total_count").and_then(Value::as_i64),
            })
        })
    }

    /// Latest comments and answers below a post, and whether these are all.
    async fn comments(&self, post: &GraphId) -> Result<(Vec<Comment>, bool), Failure> {
        let query = [
            ("fields", COMMENT_FIELDS),
            ("filter", "stream"),
            ("order", "reverse_chronological"),
            ("limit", "50"),
        ];
        let body = self.graph.get(&format!("/{post}/comments"), &query).await?;
        Ok((read_all(&body, Comment::read)?, next_cursor(&body).is_none()))
    }

    /// Answers below a comment, latest first, and whether these are all.
    async fn answers(&self, thread: &GraphId) -> Result<(Vec<Comment>, bool), Failure> {
        let query = [("fields", REPLY_FIELDS), ("order", "reverse_chronological"), ("limit", "100")];
        let body = self.graph.get(&format!("/{thread}/comments"), &query).await?;
        Ok((read_all(&body, Comment::read)?, next_cursor(&body).is_none()))
    }

    /// The Page's own answers with these words.
    fn alike<'c>(&'c self, answers: &'c [Comment], words: &'c str) -> impl Iterator<Item = &'c Comment> {
        let wanted = fingerprint(words);
        answers.iter().filter(move |answer| {
            // Without a name it may be ours.
            let is_own = answer.author_id.is_none() || answer.is_by(&self.page);
            is_own && answer.message.as_deref().map(fingerprint).as_deref() == Some(&wanted)
        })
    }
}

/// What stands below one post.
fn said(post: &Commented, comments: Vec<Comment>, page: &GraphId) -> Vec<Said> {
    let (own, others): (Vec<_>, Vec<_>) = comments.into_iter().partition(|comment| comment.is_by(page));
    others
        .into_iter()
        .map(|comment| {
            let thread = comment.parent.clone().unwrap_or_else(|| comment.id.clone());
            // Latest first: the answer that came after it.
            let answer = own
                .iter()
                .find(|answer| answer.parent.as_ref() == Some(&thread) && answer.at >= comment.at)
                .map(|answer| HouseAnswer {
                    text: answer.message.clone(),
                    at: Some(answer.at),
                    state: AnswerState::Published,
                });
            Said {
                parent_remote_id: comment.parent.as_ref().map(|parent| parent.as_str().to_owned()),
                post_remote_id: Some(post.id.as_str().to_owned()),
                author: comment.author,
                text: comment.message,
                permalink: post.permalink.clone(),
                handle: json!({ "thread": thread.as_str() }),
                answer,
                hidden: comment.is_hidden,
                ..Said::new(ConversationKind::Comment, comment.id.as_str(), comment.at)
            }
        })
        .collect()
}

#[async_trait]
impl Conversation for Facebook {
    fn rules(&self) -> ConversationRules {
        RULES
    }

    async fn read(&self, access: &Access<'_>, _request: &ReadRequest) -> Result<Heard, Failure> {
        let client = Client::new(access)?;
        let mut heard = Heard::default();
        let mut read = 0;
        for post in client.posts().await.map_err(Failure::while_looking)? {
            let post_remote_id = Some(post.id.as_str().to_owned());
            if post.comments == Some(0) {
                heard.complete.push(Complete { post_remote_id, since: Timestamp::UNIX_EPOCH });
                continue;
            }
            if read == MAX_POSTS {
                continue;
            }
            read += 1;
            let (comments, is_whole) = match client.comments(&post.id).await {
                // Deleted between the two calls.
                Err(failure) if is_gone(&failure) => continue,
                other => other.map_err(Failure::while_looking)?,
            };
            // What has the very time of the last one may go on on the next page.
            let oldest = comments.iter().map(|comment| comment.at).min();
            let since = match oldest {
                _ if is_whole => Some(Timestamp::UNIX_EPOCH),
                Some(oldest) => oldest.checked_add(SignedDuration::from_secs(1)).ok(),
                None => None,
            };
            heard.complete.extend(since.map(|since| Complete { post_remote_id, since }));
            heard.items.extend(said(&post, comments, &client.page));
        }
        Ok(heard)
    }

    fn replies(&self) -> Option<&dyn Publisher> {
        Some(&Answers)
    }

    async fn set_hidden(&self, access: &Access<'_>, remote_id: &str, hidden: bool) -> Result<(), Failure> {
        let client = Client::new(access)?;
        let comment = GraphId::require(remote_id)?;
        let word = if hidden { "true" } else { "false" };
        client.graph.post(&format!("/{comment}"), &[("is_hidden", word)]).await.map(|_| ()).map_err(own_words)
    }
}

/// The connector's notes on one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Marks {
    /// Answers with the same words that were there before: none of them is ours.
    before: Vec<String>,
}

/// The comment below which an answer goes.
fn thread_of(job: &Job<'_>) -> Result<GraphId, Failure> {
    let target = job.content.reply_to.as_ref().ok_or_else(|| Failure::content("remote_id_unusable"))?;
    let thread = target.handle.get("thread").and_then(Value::as_str);
    GraphId::require(thread.unwrap_or(&target.remote_id))
}

/// A refusal of an answer is no refusal of the Page: what the owner may not do with comments stops no post.
fn own_words(mut failure: Failure) -> Failure {
    if is_gone(&failure) {
        "conversation_deleted".clone_into(&mut failure.problem.code);
    }
    if failure.class == FailureClass::Reauth && failure.problem.code == "permission_missing" {
        failure.class = FailureClass::Content;
        "reply_permission_missing".clone_into(&mut failure.problem.code);
    }
    failure
}

fn receipt(comment: &GraphId, permalink: Option<&str>) -> Receipt {
    Receipt {
        remote_id: comment.as_str().to_owned(),
        permalink: permalink.map(str::to_owned),
        leftovers: false,
    }
}

#[async_trait]
impl Publisher for Answers {
    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        let client = Client::new(access)?;
        let thread = thread_of(job)?;
        let marks = match Marks::deserialize(job.marks) {
            // After a first call, what is there may be its result.
            marks if job.first_sent_at.is_some() => marks.unwrap_or_default(),
            _ => {
                let (answers, _) = client.answers(&thread).await.map_err(own_words)?;
                let alike = client.alike(&answers, &job.content.text);
                Marks { before: alike.map(|answer| answer.id.as_str().to_owned()).collect() }
            }
        };
        Ok(Prepared::Ready { marks: json!(marks) })
    }

    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        if Marks::deserialize(job.marks).is_err() {
            return Err(Failure::new(FailureClass::Retry, Problem::new("not_prepared")));
        }
        let client = Client::new(access)?;
        let path = format!("/{}/comments", thread_of(job)?);
        let form = [("message", job.content.text.as_str())];
        let query = [("fields", "id,permalink_url")];
        let body = client.graph.post_once(&path, &query, &form).await.map_err(own_words)?;
        let id = GraphId::of(&body, "id").ok_or_else(|| Failure::unknown("answer_without_id"))?;
        Ok(Sent::Published(receipt(&id, text_of(&body, "permalink_url"))))
    }

    async fn reconcile(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        let Some(first_sent_at) = job.first_sent_at else {
            // Nothing was ever sent: nothing can be there.
            return Ok(Finding::NotFound);
        };
        // A restored copy may be older than the notes of its call.
        let marks = Marks::deserialize(job.marks).unwrap_or_default();
        let client = Client::new(access)?;
        let (answers, is_whole) = match client.answers(&thread_of(job)?).await {
            // The comment is gone, and its answers with it: the preparation says so.
            Err(failure) if is_gone(&failure) => return Ok(Finding::NotFound),
            other => other.map_err(Failure::while_looking)?,
        };
        let since = earliest_effect(first_sent_at, client.graph.their_delay());
        let mut found: Vec<_> = client
            .alike(&answers, &job.content.text)
            .filter(|answer| answer.at >= since)
            .filter(|answer| !marks.before.iter().any(|before| before == answer.id.as_str()))
            .collect();
        found.sort_by_key(|answer| answer.at);
        let mut found = found.into_iter().map(|answer| receipt(&answer.id, None));
        let is_read_far_enough = is_whole || answers.last().is_some_and(|last| last.at < since);
        Ok(match found.next() {
            Some(oldest) => Finding::Found { sent: Sent::Published(oldest), others: found.collect() },
            None if is_read_far_enough => Finding::NotFound,
            // Not having read everything is no proof that it is not there.
            None => Finding::Pending { after: Duration::from_mins(5) },
        })
    }

    async fn verify(&self, access: &Access<'_>, job: &Job<'_>) -> Result<HandedOver, Failure> {
        let client = Client::new(access)?;
        let id = GraphId::require(job.remote_id.unwrap_or_default())?;
        let query = [("fields", "id,permalink_url")];
        match client.graph.get(&format!("/{id}"), &query).await {
            Ok(body) => Ok(HandedOver::Published(receipt(&id, text_of(&body, "permalink_url")))),
            Err(failure) if is_gone(&failure) => Ok(HandedOver::Gone),
            Err(failure) => Err(failure.while_looking()),
        }
    }

    async fn delete(&self, access: &Access<'_>, job: &Job<'_>) -> Result<(), Failure> {
        let client = Client::new(access)?;
        let id = GraphId::require(job.remote_id.unwrap_or_default())?;
        client.graph.delete(&id).await.map(|_| ()).map_err(own_words)
    }
}
