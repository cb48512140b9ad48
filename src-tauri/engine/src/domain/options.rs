//! What only some networks have a place for: a button, an event, an offer. The words are the restaurant's,
//! not a network's: each connector says in its own terms what it has room for, and leaves the rest.

use jiff::civil;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One kind of option, as a connector declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostOption {
    Button,
    Event,
    Offer,
}

/// The options of a post; networks without a place for one do not show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostOptions {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<Button>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventDetails>,
    /// Needs the dates of an event too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<OfferDetails>,
}

/// What a button invites to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ButtonAction {
    Book,
    Order,
    Shop,
    LearnMore,
    SignUp,
    /// Dials the number that the network knows of the house.
    Call,
}

/// A button below the post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Button {
    pub action: ButtonAction,
    /// Absent: the link of the post. A call needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// An event, in days and hours of the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventDetails {
    pub title: String,
    #[schema(value_type = String, format = Date, example = "2026-12-31")]
    pub starts_on: civil::Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "19:30:00")]
    pub starts_at: Option<civil::Time>,
    /// Absent: the same day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date, example = "2026-12-31")]
    pub ends_on: Option<civil::Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "23:30:00")]
    pub ends_at: Option<civil::Time>,
}

impl EventDetails {
    pub fn last_day(&self) -> civil::Date {
        self.ends_on.unwrap_or(self.starts_on)
    }
}

/// An offer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferDetails {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon_code: Option<String>,
    /// Where it is redeemed; absent: the link of the post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeem_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
}

impl PostOptions {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The options of these kinds. An offer keeps its dates.
    #[must_use]
    pub fn only(&self, kinds: &[PostOption]) -> Self {
        let has = |kind| kinds.contains(&kind);
        let dates = has(PostOption::Event) || (has(PostOption::Offer) && self.offer.is_some());
        Self {
            button: self.button.clone().filter(|_| has(PostOption::Button)),
            event: self.event.clone().filter(|_| dates),
            offer: self.offer.clone().filter(|_| has(PostOption::Offer)),
        }
    }

    /// Codes of what is wrong with them on any network; `link` is the post's own.
    pub fn mistakes(&self, link: Option<&str>) -> Vec<&'static str> {
        let mut codes = Vec::new();
        let link = link.filter(|link| !link.trim().is_empty());
        let mut addresses = vec![];
        if let Some(button) = self.button.as_ref().filter(|button| button.action != ButtonAction::Call) {
            addresses.push(button.url.as_deref());
            if button.url.as_deref().or(link).is_none_or(|url| url.trim().is_empty()) {
                codes.push("button_address_missing");
            }
        }
        addresses.push(self.offer.as_ref().and_then(|offer| offer.redeem_url.as_deref()));
        let is_web = |text: &str| {
            url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        };
        if addresses.into_iter().flatten().any(|url| !url.trim().is_empty() && !is_web(url)) {
            codes.push("option_address_invalid");
        }
        match &self.event {
            Some(event) if event.title.trim().is_empty() => codes.push("event_title_missing"),
            None if self.offer.is_some() => codes.push("offer_dates_missing"),
            _ => {}
        }
        let is_backwards = |event: &EventDetails| {
            let (first, last) = (event.starts_on, event.last_day());
            let hours = event.starts_at.zip(event.ends_at);
            last < first || (last == first && hours.is_some_and(|(from, until)| until < from))
        };
        if self.event.as_ref().is_some_and(is_backwards) {
            codes.push("event_ends_before_it_begins");
        }
        codes
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn options(value: serde_json::Value) -> PostOptions {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn mistakes_have_codes_with_sentences() {
        let event = |more: serde_json::Value| {
            let mut event = json!({"title": "Réveillon", "starts_on": "2026-12-31"});
            event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "event": event })
        };
        for (value, link, expected) in [
            (json!({}), None, vec![]),
            (json!({"button": {"action": "call"}}), None, vec![]),
            (json!({"button": {"action": "book"}}), Some("https://moulin.example"), vec![]),
            (json!({"button": {"action": "book"}}), None, vec!["button_address_missing"]),
            (json!({"button": {"action": "book", "url": "moulin"}}), None, vec!["option_address_invalid"]),
            (json!({"offer": {"coupon_code": "MOULES"}}), None, vec!["offer_dates_missing"]),
            (event(json!({})), None, vec![]),
            (event(json!({"title": " "})), None, vec!["event_title_missing"]),
            (event(json!({"ends_on": "2026-12-30"})), None, vec!["event_ends_before_it_begins"]),
            (
                event(json!({"starts_at": "20:00:00", "ends_at": "19:00:00"})),
                None,
                vec!["event_ends_before_it_begins"],
            ),
            (
                event(json!({"starts_at": "20:00:00", "ends_on": "2027-01-01", "ends_at": "02:00:00"})),
                None,
                vec![],
            ),
        ] {
            let found = options(value.clone()).mistakes(link);
            assert_eq!(found, expected, "{value}");
            for code in found {
                assert!(crate::problems::find(code).is_some(), "no sentences for {code}");
            }
        }
    }

    #[test]
    fn a_network_keeps_what_it_has_a_place_for() {
        let all = options(json!({
            "button": {"action": "call"},
            "event": {"title": "Fête", "starts_on": "2026-12-31"},
            "offer": {"terms": "Sur réservation"},
        }));
        assert!(all.only(&[]).is_empty());
        let offer = all.only(&[PostOption::Offer]);
        assert!(offer.event.is_some() && offer.offer.is_some() && offer.button.is_none());
        assert_eq!(json!(all.only(&[PostOption::Button])), json!({"button": {"action": "call"}}));
    }
}
