//! Their JSON: profiles, local posts, and the connector's notes on a delivery.

use jiff::{SignedDuration, Timestamp, civil};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::{
    connectors::{Job, SendMode, earliest_effect},
    domain::{ButtonAction, EventDetails, OfferDetails, OutgoingPost, fingerprint::fingerprint},
};

/// Tolerance between a time that we asked for and the one that was kept.
const ROUNDING: SignedDuration = SignedDuration::from_mins(2);

/// One id of a resource name: nothing that could lead to another resource.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 200
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// `accounts/{a}/locations/{l}`: the profile of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Profile {
    pub account: String,
    pub location: String,
}

impl Profile {
    pub fn parse(name: &str) -> Option<Self> {
        let (account, location) = name.strip_prefix("accounts/")?.split_once("/locations/")?;
        (is_id(account) && is_id(location))
            .then(|| Self { account: account.to_owned(), location: location.to_owned() })
    }

    /// Name in v4.
    pub fn name(&self) -> String {
        format!("accounts/{}/locations/{}", self.account, self.location)
    }

    /// Name in the v1 directory.
    pub fn directory_name(&self) -> String {
        format!("locations/{}", self.location)
    }

    /// The name of a local post, when it is one of this profile.
    pub fn own_post(&self, name: &str) -> Option<String> {
        let id = name.strip_prefix(&self.name())?.strip_prefix("/localPosts/")?;
        is_id(id).then(|| name.to_owned())
    }
}

/// A profile as the directory shows it.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub profile: Profile,
    pub title: String,
    pub town: Option<String>,
    pub maps_uri: Option<String>,
    /// `Some(false)`: not verified, so nothing that is posted is shown.
    pub is_verified: Option<bool>,
}

impl Listed {
    pub fn read(account: &str, item: &Value) -> Option<Self> {
        let location = item.get("name")?.as_str()?.strip_prefix("locations/").filter(|id| is_id(id))?;
        let text = |path: &str| item.pointer(path).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            profile: Profile { account: account.to_owned(), location: location.to_owned() },
            title: text("/title").unwrap_or_default(),
            town: text("/storefrontAddress/locality"),
            maps_uri: text("/metadata/mapsUri").filter(|uri| uri.starts_with("https://")),
            is_verified: item.pointer("/metadata/hasVoiceOfMerchant").and_then(Value::as_bool),
        })
    }

    pub fn handle(&self) -> String {
        match &self.town {
            Some(town) => format!("{}, {town}", self.title),
            None => self.title.clone(),
        }
    }
}

/// Life of a local post (reference 8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Live,
    Scheduled,
    Rejected,
    /// PROCESSING, and every word that is not known: not the end of anything.
    Processing,
}

/// A local post as the platform shows it.
#[derive(Clone, Debug)]
pub(super) struct LocalPost {
    pub name: String,
    pub state: State,
    pub summary: String,
    pub topic: String,
    pub has_photo: bool,
    pub created_at: Option<Timestamp>,
    pub scheduled_at: Option<Timestamp>,
    pub search_url: Option<String>,
}

impl LocalPost {
    /// `None` when it is no post of this profile.
    pub fn read(profile: &Profile, item: &Value) -> Option<Self> {
        let text = |key: &str| item.get(key).and_then(Value::as_str);
        let time = |key: &str| text(key).and_then(|text| text.parse().ok());
        Some(Self {
            name: profile.own_post(text("name")?)?,
            state: match text("state") {
                // Where the version says nothing, it is what it was asked to be.
                Some("LIVE") => State::Live,
                Some("SCHEDULED" | "RECURRING") => State::Scheduled,
                Some("REJECTED") => State::Rejected,
                _ => State::Processing,
            },
            summary: text("summary").unwrap_or_default().to_owned(),
            topic: text("topicType").unwrap_or("STANDARD").to_owned(),
            has_photo: item.get("media").and_then(Value::as_array).is_some_and(|media| !media.is_empty()),
            created_at: time("createTime"),
            scheduled_at: time("scheduledTime"),
            search_url: text("searchUrl").filter(|url| url.starts_with("http")).map(str::to_owned),
        })
    }
}

/// The connector's notes on one delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Marks {
    pub text_hash: String,
    pub topic: String,
    /// Media id of the photo.
    pub photo: Option<String>,
    /// Address that the owner's web site lent to it.
    pub lent: Option<String>,
    /// Times for which it was handed over, in Unix seconds.
    pub planned: Vec<i64>,
    /// Posts with the same words that were there before: none of them is ours.
    pub before: Vec<String>,
}

impl Marks {
    pub fn read(marks: &Value) -> Option<Self> {
        Self::deserialize(marks).ok().filter(|marks| !marks.text_hash.is_empty())
    }

    /// The notes on a content that is about to leave; what earlier attempts noted stays.
    pub fn of(job: &Job<'_>) -> Self {
        let mut marks = Self::read(job.marks).unwrap_or_default();
        marks.text_hash = fingerprint(&job.content.text);
        topic(job.content).clone_into(&mut marks.topic);
        marks.photo = job.content.images.first().map(|image| image.media_id.to_string());
        if let SendMode::At(at) = job.mode
            && !marks.planned.contains(&at.as_second())
        {
            marks.planned.push(at.as_second());
        }
        marks
    }

    pub fn write(&self) -> Value {
        json!(self)
    }

    fn is_same_content(&self, post: &LocalPost) -> bool {
        fingerprint(&post.summary) == self.text_hash
            && post.topic == self.topic
            && post.has_photo == self.photo.is_some()
    }

    /// Posts with the same words.
    pub fn alike<'p>(&self, posts: &'p [LocalPost]) -> impl Iterator<Item = &'p LocalPost> {
        posts.iter().filter(|post| self.is_same_content(post))
    }

    /// Posts that the irreversible call may have made, oldest first. `their_delay`: how far the platform's
    /// clock is behind ours.
    pub fn results<'p>(
        &self,
        posts: &'p [LocalPost],
        first_sent_at: Timestamp,
        their_delay: Option<SignedDuration>,
    ) -> Vec<&'p LocalPost> {
        let since = earliest_effect(first_sent_at, their_delay);
        let is_planned = |at: Timestamp| {
            let near = |plan: &i64| {
                Timestamp::from_second(*plan).is_ok_and(|plan| at.duration_since(plan).abs() <= ROUNDING)
            };
            self.planned.iter().any(near)
        };
        let mut found: Vec<_> = self
            .alike(posts)
            .filter(|post| !self.before.contains(&post.name))
            .filter(|post| post.created_at.is_none_or(|at| at >= since))
            // What waits for another hour is another post.
            .filter(|post| post.state != State::Scheduled || post.scheduled_at.is_none_or(is_planned))
            .collect();
        found.sort_by_key(|post| post.created_at);
        found
    }
}

/// Kind of post: an offer has dates too, so it wins over the event.
pub(super) fn topic(post: &OutgoingPost) -> &'static str {
    if post.options.offer.is_some() {
        "OFFER"
    } else if post.options.event.is_some() {
        "EVENT"
    } else {
        "STANDARD"
    }
}

/// The fields that an edit may change, for `updateMask`.
pub(super) const EDITABLE: &str = "summary,callToAction,event,offer,languageCode";

/// The post as Google takes it (reference 8.2). Absent fields of an edit are cleared by its mask.
pub(super) fn body(post: &OutgoingPost, mode: SendMode, photo: Option<&str>) -> Value {
    let topic = topic(post);
    let mut body = json!({"languageCode": post.language, "summary": post.text, "topicType": topic});
    let mut set = |key: &str, value: Value| {
        if let Some(fields) = body.as_object_mut() {
            fields.insert(key.to_owned(), value);
        }
    };
    // An offer has no button: its own address is where it is redeemed.
    if topic != "OFFER"
        && let Some(button) = button(post)
    {
        set("callToAction", button);
    }
    if let Some(details) = &post.options.event {
        set("event", event(details));
    }
    if let Some(details) = &post.options.offer {
        set("offer", offer(details, post.link.as_deref()));
    }
    if let Some(address) = photo {
        set("media", json!([{"mediaFormat": "PHOTO", "sourceUrl": address}]));
    }
    if let SendMode::At(at) = mode {
        set("scheduledTime", json!(at.to_string()));
    }
    body
}

/// The chosen button, else "learn more" for the post's link.
fn button(post: &OutgoingPost) -> Option<Value> {
    let link = post.link.as_deref().filter(|link| !link.is_empty());
    let Some(button) = &post.options.button else {
        return Some(json!({"actionType": "LEARN_MORE", "url": link?}));
    };
    let action = match button.action {
        // The number is that of the profile.
        ButtonAction::Call => return Some(json!({"actionType": "CALL"})),
        ButtonAction::Book => "BOOK",
        ButtonAction::Order => "ORDER",
        ButtonAction::Shop => "SHOP",
        ButtonAction::LearnMore => "LEARN_MORE",
        ButtonAction::SignUp => "SIGN_UP",
    };
    Some(json!({"actionType": action, "url": button.url.as_deref().or(link)?}))
}

/// Days and hours are those of the place, without a zone.
fn event(details: &EventDetails) -> Value {
    let day = |day: civil::Date| json!({"year": day.year(), "month": day.month(), "day": day.day()});
    let hour = |hour: civil::Time| json!({"hours": hour.hour(), "minutes": hour.minute()});
    let mut schedule = json!({
        "startDate": day(details.starts_on),
        "endDate": day(details.last_day()),
    });
    if let Some(fields) = schedule.as_object_mut() {
        for (key, at) in [("startTime", details.starts_at), ("endTime", details.ends_at)] {
            if let Some(at) = at {
                fields.insert(key.to_owned(), hour(at));
            }
        }
    }
    json!({"title": details.title, "schedule": schedule})
}

fn offer(details: &OfferDetails, link: Option<&str>) -> Value {
    let mut offer = json!({});
    let fields = [
        ("couponCode", details.coupon_code.as_deref()),
        ("redeemOnlineUrl", details.redeem_url.as_deref().or(link)),
        ("termsConditions", details.terms.as_deref()),
    ];
    if let Some(map) = offer.as_object_mut() {
        for (key, value) in fields {
            if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
                map.insert(key.to_owned(), json!(value));
            }
        }
    }
    offer
}

/// The picture's own address, when Google's server may be able to use it as it is: it fetches the original
/// and takes JPEG and PNG only.
pub(super) fn usable_address(source_url: Option<&str>) -> Option<String> {
    const UNUSABLE: [&str; 10] = ["webp", "heic", "heif", "avif", "gif", "tif", "tiff", "bmp", "svg", "pdf"];
    let url = Url::parse(source_url?).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let name = url.path_segments()?.next_back().unwrap_or_default().to_lowercase();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    (!extension.is_some_and(|extension| UNUSABLE.contains(&extension))).then(|| url.to_string())
}

/// Says whether a text holds what looks like a French or international phone number: Google often refuses
/// such posts (reference 8.2).
pub(super) fn has_phone_number(text: &str) -> bool {
    let mut digits = 0;
    let mut run_start = ' ';
    let mut before = ' ';
    for c in text.chars().chain([' ', '\n']) {
        match c {
            '0'..='9' => {
                if digits == 0 {
                    run_start = if before == '+' { '+' } else { c };
                }
                digits += 1;
                if (run_start == '0' && digits == 10) || (run_start == '+' && digits >= 10) {
                    return true;
                }
            }
            // Signs inside a number.
            ' ' | '.' | '-' | '\u{a0}' | '\u{202f}' | '(' | ')' if before.is_ascii_digit() => {}
            _ => digits = 0,
        }
        before = c;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_its_own_profile_only() {
        let profile = Profile::parse("accounts/1/locations/2").unwrap();
        assert!(profile.own_post("accounts/1/locations/2/localPosts/3").is_some());
        for bad in [
            "accounts/1/locations/3/localPosts/3",
            "accounts/1/locations/2/localPosts/../reviews",
            "accounts/1/locations/2/localPosts/",
            "accounts/1/locations/2/media/3",
            "3",
        ] {
            assert_eq!(profile.own_post(bad), None, "{bad}");
        }
        assert_eq!(Profile::parse("accounts/1/locations/../2"), None);
    }

    #[test]
    fn phone_numbers_are_seen_and_prices_are_not() {
        for text in ["Réservez au 05 56 09 45 45", "Tél. 05.56.09.45.45 !", "+33 5 56 09 45 45", "0556094545"]
        {
            assert!(has_phone_number(text), "{text}");
        }
        for text in [
            "Menu à 25,50 € de 12 h à 14 h 30",
            "Du 01/12 au 24/12/2026",
            "Ouvert le 31.12.2026 et le 01.01.2027 ",
            "Moules 12, 50 personnes",
        ] {
            assert!(!has_phone_number(text), "{text}");
        }
    }

    #[test]
    fn a_picture_address_is_not_plainly_another_format() {
        assert!(usable_address(Some("https://moulin.example/plat.png")).is_some());
        assert!(usable_address(Some("https://moulin.example/plat")).is_some());
        for bad in ["https://moulin.example/plat.webp", "file:///plat.jpg", ""] {
            assert_eq!(usable_address(Some(bad)), None, "{bad}");
        }
        assert_eq!(usable_address(None), None);
    }
}
