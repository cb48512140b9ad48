//! Reviews of the profile, and the one answer to each (reference 8.4 and its corrections).
//!
//! The answer is a state that is wanted (kind G): writing it again changes nothing, and reading the review
//! says what is there. Google looks it over before it shows it, so it is followed like a post.

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    GoogleBusiness,
    client::Client,
    errors::{self, Effect},
    profile_of,
    wire::{Profile, is_id},
};
use crate::{
    connectors::{
        Access, Complete, Conversation, ConversationRules, CountingRule, Failure, FailureClass, Finding,
        HandedOver, Heard, Job, Kind, Prepared, Publisher, ReadRequest, Receipt, Said, Sent, http::Deadline,
    },
    domain::{AnswerState, ConversationKind, HouseAnswer, Problem, fingerprint::fingerprint},
};

/// Reviews of one page (the pages say 50, the description 200).
const PAGE: &str = "50";
/// Between two looks at an answer that Google looks over.
const MODERATION: Duration = Duration::from_mins(5);
/// Longest answer, in bytes (from memory; the platform's refusal is told all the same).
const MAX_BYTES: u32 = 4096;

const RULES: ConversationRules = ConversationRules {
    kinds: &[ConversationKind::Review],
    reply_kind: Kind::G,
    max_text: MAX_BYTES,
    counting_rule: CountingRule::CodePoints,
    max_text_bytes: Some(MAX_BYTES),
    can_hide: false,
    one_answer: true,
};

/// The publisher of answers.
struct Answers;

/// One review as the platform shows it.
struct Review {
    name: String,
    author: Option<String>,
    text: Option<String>,
    stars: Option<u8>,
    written_at: Timestamp,
    changed_at: Timestamp,
    answer: Option<HouseAnswer>,
}

impl Review {
    /// `None` when it is no review of this profile.
    fn read(profile: &Profile, item: &Value) -> Option<Self> {
        let text = |path: &str| item.pointer(path).and_then(Value::as_str);
        let time = |path: &str| text(path).and_then(|text| text.parse::<Timestamp>().ok());
        let name = text("/name")?;
        own_review(profile, name)?;
        let written_at = time("/createTime").or_else(|| time("/updateTime"))?;
        Some(Self {
            name: name.to_owned(),
            author: text("/reviewer/displayName").map(str::to_owned),
            text: text("/comment").map(str::to_owned),
            stars: match text("/starRating") {
                Some("ONE") => Some(1),
                Some("TWO") => Some(2),
                Some("THREE") => Some(3),
                Some("FOUR") => Some(4),
                Some("FIVE") => Some(5),
                _ => None,
            },
            written_at,
            changed_at: time("/updateTime").unwrap_or(written_at),
            answer: item.get("reviewReply").and_then(read_answer),
        })
    }

    fn said(self, page: Option<&str>) -> Said {
        Said {
            author: self.author,
            text: self.text,
            rating: self.stars,
            permalink: page.map(str::to_owned),
            answer: self.answer,
            changed_at: self.changed_at,
            ..Said::new(ConversationKind::Review, self.name, self.written_at)
        }
    }
}

/// `{comment, updateTime, reviewReplyState}`; without a state it is of a version that shows at once. A word
/// that is not known is not the end of anything.
fn read_answer(item: &Value) -> Option<HouseAnswer> {
    let text = |key: &str| item.get(key).and_then(Value::as_str);
    Some(HouseAnswer {
        text: Some(text("comment")?.to_owned()),
        at: text("updateTime").and_then(|text| text.parse().ok()),
        state: match text("reviewReplyState") {
            None | Some("APPROVED") => AnswerState::Published,
            Some("REJECTED") => AnswerState::Refused,
            Some(_) => AnswerState::Pending,
        },
    })
}

fn own_review<'n>(profile: &Profile, name: &'n str) -> Option<&'n str> {
    let id = name.strip_prefix(&profile.name())?.strip_prefix("/reviews/")?;
    is_id(id).then_some(name)
}

/// The review that a delivery answers.
fn review_of<'j>(access: &Access<'_>, job: &'j Job<'_>) -> Result<(Profile, &'j str), Failure> {
    let profile = profile_of(access)?;
    let target = job.content.reply_to.as_ref().map(|target| target.remote_id.as_str());
    let name = target.and_then(|name| own_review(&profile, name));
    let name = name.ok_or_else(|| Failure::content("remote_id_unusable"))?;
    Ok((profile, name))
}

fn unreadable() -> Failure {
    Failure::new(FailureClass::Retry, Problem::new("unreadable_answer"))
}

/// Where the owner sees the reviews.
fn page_of<'a>(access: &'a Access<'_>) -> Option<&'a str> {
    access.account.facts.get("maps_uri").and_then(Value::as_str)
}

impl Client<'_> {
    /// Reviews, latest change first; all of them or the first page. Says whether these are all.
    async fn reviews(&self, profile: &Profile, all: bool) -> Result<(Vec<Review>, bool), Failure> {
        // An empty list is an empty object here, and an empty object alone proves nothing.
        self.profile(profile).await?;
        let address = self.address(&format!("{}/reviews", profile.name()));
        let query = [("pageSize", PAGE), ("orderBy", "updateTime desc")];
        let (items, is_whole) = if all {
            (self.all(&address, "reviews", &query).await?, true)
        } else {
            let answer = self.get(&address, &query).await?;
            let next = answer.get("nextPageToken").and_then(Value::as_str).unwrap_or_default();
            match answer.get("reviews") {
                None => (Vec::new(), next.is_empty()),
                Some(Value::Array(items)) => (items.clone(), next.is_empty()),
                Some(_) => return Err(unreadable()),
            }
        };
        let reviews: Option<Vec<_>> = items.iter().map(|item| Review::read(profile, item)).collect();
        Ok((reviews.ok_or_else(unreadable)?, is_whole))
    }

    /// `None`: it is not there any more.
    async fn review(&self, profile: &Profile, name: &str) -> Result<Option<Review>, Failure> {
        let reply = self.call(Method::GET, &self.address(name), |request| request).await?;
        if errors::is_gone(&reply) {
            return Ok(None);
        }
        let answer = errors::accept(&reply, Effect::Repeatable, self.now())?;
        let review = Review::read(profile, answer).filter(|review| review.name == name);
        review.map(Some).ok_or_else(unreadable)
    }

    /// Writes the answer: the irreversible request, made once.
    async fn put_answer(&self, name: &str, text: &str) -> Result<HouseAnswer, Failure> {
        let address = self.address(&format!("{name}/reply"));
        let body = json!({ "comment": text });
        let answer = |request: RequestBuilder| request.json(&body);
        let reply = self.caller.send_once(Method::PUT, &address, Deadline::CALL, answer).await?;
        if errors::is_gone(&reply) {
            return Err(Failure::content("conversation_deleted"));
        }
        let answer = errors::accept(&reply, Effect::Possible, self.now())?;
        self.keep_pace();
        read_answer(answer).ok_or_else(|| errors::incomplete(&reply, Effect::Possible))
    }

    /// Already gone is success.
    async fn delete_answer(&self, name: &str) -> Result<(), Failure> {
        let address = self.address(&format!("{name}/reply"));
        let reply = self.call(Method::DELETE, &address, |request| request).await?;
        if errors::is_gone(&reply) {
            return Ok(());
        }
        self.keep_pace();
        errors::accept(&reply, Effect::Repeatable, self.now()).map(|_| ())
    }
}

#[async_trait]
impl Conversation for GoogleBusiness {
    fn rules(&self) -> ConversationRules {
        RULES
    }

    async fn read(&self, access: &Access<'_>, request: &ReadRequest) -> Result<Heard, Failure> {
        let profile = profile_of(access)?;
        let client = Client::open(access).await?;
        let (reviews, is_whole) =
            client.reviews(&profile, request.is_thorough).await.map_err(Failure::while_looking)?;
        // What has the very time of the last one may go on on the next page.
        let oldest = reviews.iter().map(|review| review.changed_at).min();
        let since = match oldest {
            _ if is_whole => Some(Timestamp::UNIX_EPOCH),
            Some(oldest) => oldest.checked_add(SignedDuration::from_millis(1)).ok(),
            None => None,
        };
        let page = page_of(access);
        Ok(Heard {
            items: reviews.into_iter().map(|review| review.said(page)).collect(),
            complete: since.map(|since| Complete { post_remote_id: None, since }).into_iter().collect(),
            marks: Value::Null,
        })
    }

    fn replies(&self) -> Option<&dyn Publisher> {
        Some(&Answers)
    }
}

/// The connector's notes on one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Marks {
    /// Fingerprint of the answer that stood there before ours.
    before: Option<String>,
}

fn mark_of(answer: Option<&HouseAnswer>) -> Option<String> {
    answer.and_then(|answer| answer.text.as_deref()).map(fingerprint)
}

fn is_ours(answer: &HouseAnswer, job: &Job<'_>) -> bool {
    answer.text.as_deref().map(fingerprint) == Some(fingerprint(&job.content.text))
}

fn sent(access: &Access<'_>, name: &str, answer: &HouseAnswer) -> Sent {
    let permalink = page_of(access).map(str::to_owned);
    let receipt = Receipt { remote_id: format!("{name}/reply"), permalink, leftovers: false };
    match answer.state {
        AnswerState::Published => Sent::Published(receipt),
        // A refused one is told when it is looked at again, like a refused post.
        AnswerState::Pending | AnswerState::Refused => Sent::HandedOver(receipt),
    }
}

#[async_trait]
impl Publisher for Answers {
    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        let (profile, name) = review_of(access, job)?;
        let review = Client::open(access).await?.review(&profile, name).await;
        let review = review.map_err(Failure::while_looking)?;
        let review = review.ok_or_else(|| Failure::content("conversation_deleted"))?;
        let now = mark_of(review.answer.as_ref());
        let marks = match Marks::deserialize(job.marks) {
            // After a first call, somebody else's words are not overwritten by a repetition.
            Ok(marks) if job.first_sent_at.is_some() => {
                let ours = review.answer.as_ref().is_some_and(|answer| is_ours(answer, job));
                if now.is_some() && now != marks.before && !ours {
                    return Err(Failure::content("answered_elsewhere"));
                }
                marks
            }
            _ => Marks { before: now },
        };
        Ok(Prepared::Ready { marks: json!(marks) })
    }

    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        let (_, name) = review_of(access, job)?;
        let answer = Client::open(access).await?.put_answer(name, &job.content.text).await?;
        match answer.state {
            AnswerState::Refused => Err(Failure::content("reply_refused")),
            _ => Ok(sent(access, name, &answer)),
        }
    }

    async fn reconcile(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        let (profile, name) = review_of(access, job)?;
        let review = Client::open(access).await?.review(&profile, name).await;
        // What became of a review that is gone, or was answered by somebody else, is told by the preparation.
        let Some(review) = review.map_err(Failure::while_looking)? else { return Ok(Finding::NotFound) };
        let before = Marks::deserialize(job.marks).ok().and_then(|marks| marks.before);
        Ok(match review.answer {
            Some(answer) if is_ours(&answer, job) => {
                Finding::Found { sent: sent(access, name, &answer), others: Vec::new() }
            }
            Some(answer) if mark_of(Some(&answer)) != before => Finding::NotFound,
            _ => Finding::Repeat,
        })
    }

    async fn look_up(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        let (profile, name) = review_of(access, job)?;
        let review = Client::open(access).await?.review(&profile, name).await;
        let answer = review.map_err(Failure::while_looking)?.and_then(|review| review.answer);
        Ok(match answer.filter(|answer| is_ours(answer, job)) {
            Some(answer) => Finding::Found { sent: sent(access, name, &answer), others: Vec::new() },
            None => Finding::NotFound,
        })
    }

    async fn verify(&self, access: &Access<'_>, job: &Job<'_>) -> Result<HandedOver, Failure> {
        let (profile, name) = review_of(access, job)?;
        let review = Client::open(access).await?.review(&profile, name).await;
        let answer = review.map_err(Failure::while_looking)?.and_then(|review| review.answer);
        let Some(answer) = answer.filter(|answer| is_ours(answer, job)) else {
            return Ok(HandedOver::Gone);
        };
        let (Sent::Published(receipt) | Sent::HandedOver(receipt)) = sent(access, name, &answer);
        Ok(match answer.state {
            AnswerState::Published => HandedOver::Published(receipt),
            AnswerState::Pending => HandedOver::Examined { after: MODERATION },
            AnswerState::Refused => HandedOver::Refused(Problem::new("reply_refused")),
        })
    }

    async fn delete(&self, access: &Access<'_>, job: &Job<'_>) -> Result<(), Failure> {
        let (_, name) = review_of(access, job)?;
        Client::open(access).await?.delete_answer(name).await
    }
}
