//! From the composed content to what one account will say, with everything that is wrong with it.
//! Pure: the same for the preview while typing, for planning and for sending.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::text::{
    compose::{PostParts, compose},
    count,
    hashtags::DroppedHashtag,
    weighted,
};
use crate::{
    connectors::{Connector, ContentProblem, CountingRule, Limits, Severity},
    domain::{Account, OutgoingImage, OutgoingPost, PostContent, fingerprint::is_blank, web::is_web_address},
};

/// A content as one account will show it.
#[derive(Clone, Debug)]
pub struct Adapted {
    pub outgoing: OutgoingPost,
    pub limits: Limits,
    /// In the network's own units.
    pub length: usize,
    pub hashtags_dropped: Vec<DroppedHashtag>,
    pub problems: Vec<ContentProblem>,
}

impl Adapted {
    /// The first problem that the network would refuse.
    pub fn refusal(&self) -> Option<&ContentProblem> {
        self.problems.iter().find(|problem| problem.severity == Severity::Error)
    }
}

/// Adapts a content to an account. Nothing is shortened: a text that does not fit is a problem.
pub fn adapt(connector: &dyn Connector, account: &Account, content: &PostContent, language: &str) -> Adapted {
    let has_picture = !content.media.is_empty() || content.media_url.is_some();
    let limits = connector.limits_for(account, has_picture);
    let variant =
        content.variants.get(account.id.as_str()).or_else(|| content.variants.get(&account.platform));
    let own_text = variant.and_then(|variant| variant.text.as_deref());
    let link = content.link.as_deref().map(str::trim).filter(|link| !link.is_empty());
    let carded = connector.link_has_its_place() || (connector.shows_link_card() && !has_picture);
    let titled = connector.title_has_its_place();
    let parts = PostParts {
        title: if own_text.is_some() || titled { None } else { content.title.as_deref() },
        body: own_text.unwrap_or(&content.body),
        hashtags: variant.and_then(|variant| variant.hashtags.as_ref()).unwrap_or(&content.hashtags),
        link: if carded { None } else { link },
    };
    let max_hashtags = limits.max_hashtags.map_or(usize::MAX, |max| max as usize);
    let composed = compose(&parts, max_hashtags);
    let rule = counting(&limits);
    let measured = rule.measure(&composed.text, limits.max_text as usize);
    let outgoing = OutgoingPost {
        title: content.title.clone(),
        link: link.map(ToOwned::to_owned),
        hashtags: composed.hashtags.kept.clone(),
        images: content
            .media
            .iter()
            .map(|media| OutgoingImage {
                media_id: media.media_id.clone(),
                alt_text: media.alt_text.clone(),
                source_url: media.source_url.clone(),
            })
            .collect(),
        pending_media_url: content.media_url.clone(),
        pending_alt_text: content.alt_text.clone().filter(|_| content.media_url.is_some()),
        language: language.to_owned(),
        options: content.options.only(connector.options()),
        reply_to: None,
        replaces: None,
        text: composed.text,
    };
    let mut problems = limits_broken(&outgoing, &limits, measured, &rule);
    let mistakes = outgoing.options.mistakes(outgoing.link.as_deref());
    problems.extend(mistakes.into_iter().map(|code| problem(code, Severity::Error, &[])));
    if let Some(publisher) = connector.publisher() {
        let known: Vec<String> = problems.iter().map(|problem| problem.code.clone()).collect();
        problems.extend(
            publisher.check_content(&outgoing, account).into_iter().filter(|p| !known.contains(&p.code)),
        );
    } else {
        problems.push(problem("not_supported", Severity::Error, &[]));
    }
    if connector.bills_each_post() {
        let code = if weighted::has_address(&outgoing.text) { "post_with_link_costs" } else { "post_costs" };
        problems.push(problem(code, Severity::Warning, &[]));
    }
    Adapted { outgoing, limits, length: measured.used, hashtags_dropped: composed.hashtags.dropped, problems }
}

fn limits_broken(
    post: &OutgoingPost,
    limits: &Limits,
    measured: count::Length,
    rule: &count::CountingRule,
) -> Vec<ContentProblem> {
    let mut problems = Vec::new();
    let pictures = post.images.len() + usize::from(post.pending_media_url.is_some());
    if is_blank(&post.text) && pictures == 0 && post.link.is_none() {
        problems.push(problem("text_empty", Severity::Error, &[]));
    }
    if let Some(link) = post.link.as_deref().filter(|link| !is_web_address(link)) {
        problems.push(problem("link_invalid", Severity::Error, &[("value", json!(link))]));
    }
    if post.text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        problems.push(problem("text_unprintable", Severity::Error, &[]));
    }
    if !measured.fits {
        let max = json!(measured.limit);
        let fits_until = json!(rule.beginning(&post.text, measured.limit).len());
        problems.push(problem(
            "text_too_long",
            Severity::Error,
            &[("length", json!(measured.used)), ("max_length", max), ("fits_until_byte", fits_until)],
        ));
    }
    if pictures == 0 && !limits.text_only_allowed {
        problems.push(problem("text_only_not_allowed", Severity::Error, &[]));
    }
    if pictures > limits.max_images as usize {
        let values = [("count", json!(pictures)), ("max", json!(limits.max_images))];
        problems.push(problem("too_many_images", Severity::Error, &values));
    }
    let described = if limits.max_alt_text == 0 { &[] } else { post.images.as_slice() };
    for (index, image) in described.iter().enumerate() {
        if image.alt_text.chars().count() > limits.max_alt_text as usize {
            let values = [("image", json!(index + 1)), ("max_length", json!(limits.max_alt_text))];
            problems.push(problem("alt_text_too_long", Severity::Error, &values));
        } else if image.alt_text.trim().is_empty() {
            problems.push(problem("alt_text_missing", Severity::Warning, &[("image", json!(index + 1))]));
        }
    }
    problems
}

/// What a browser can open for everybody: other schemes are dropped by the networks, or worse, followed.
fn problem(code: &str, severity: Severity, values: &[(&str, Value)]) -> ContentProblem {
    let values: BTreeMap<_, _> =
        values.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    ContentProblem { code: code.to_owned(), severity, values }
}

/// The length of a text as a network counts it.
pub fn measure(text: &str, rule: CountingRule, max_text: u32, max_text_bytes: Option<u32>) -> count::Length {
    counting_rule(rule, max_text_bytes).measure(text, max_text as usize)
}

fn counting(limits: &Limits) -> count::CountingRule {
    counting_rule(limits.counting_rule, limits.max_text_bytes)
}

fn counting_rule(rule: CountingRule, max_text_bytes: Option<u32>) -> count::CountingRule {
    match rule {
        CountingRule::CodePoints => count::CountingRule::CodePoints,
        CountingRule::Graphemes => count::CountingRule::Graphemes {
            max_bytes: max_text_bytes.map_or(usize::MAX, |max| max as usize),
        },
        CountingRule::Mastodon => count::CountingRule::MastodonUrl23,
        CountingRule::Threads => count::CountingRule::EmojiBytes,
        CountingRule::LittleText => count::CountingRule::LittleText,
        CountingRule::Weighted => count::CountingRule::Weighted,
    }
}
