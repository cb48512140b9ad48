//! The JSON of LinkedIn's versioned REST API (social-platforms section 6). Only the fields in use.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::{OutgoingPost, little_text};

const ORGANIZATION: &str = "urn:li:organization:";

/// A name of something at LinkedIn, `urn:li:{kind}:{id}`, safe to stand in an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Urn(String);

impl Urn {
    /// `kinds`: the kinds that are allowed here.
    pub fn read(text: &str, kinds: &[&str]) -> Option<Self> {
        let (kind, id) = text.strip_prefix("urn:li:")?.split_once(':')?;
        let is_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (kinds.contains(&kind) && !id.is_empty() && id.len() <= 100 && id.chars().all(is_id))
            .then(|| Self(text.to_owned()))
    }

    pub fn post(text: &str) -> Option<Self> {
        Self::read(text, &["share", "ugcPost"])
            .filter(|urn| urn.0.rsplit(':').next().is_some_and(|id| id.chars().all(|c| c.is_ascii_digit())))
    }

    pub fn image(text: &str) -> Option<Self> {
        Self::read(text, &["image"])
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a segment of a path: Rest.li wants the colons encoded.
    pub fn segment(&self) -> String {
        self.0.replace(':', "%3A")
    }
}

/// The organisation of an account, `urn:li:organization:{id}`.
pub(super) fn organization_urn(id: &str) -> String {
    format!("{ORGANIZATION}{id}")
}

/// The number of an organisation, from its URN.
pub(super) fn organization_id(urn: &str) -> Option<&str> {
    let id = urn.strip_prefix(ORGANIZATION)?;
    (!id.is_empty() && id.len() <= 20 && id.chars().all(|c| c.is_ascii_digit())).then_some(id)
}

/// One role of the member: `organizationAcls`, finder `roleAssignee`.
pub(super) struct Role {
    pub organization: String,
    pub role: String,
}

impl Role {
    /// Lists of two generations name the organisation differently.
    pub fn read(element: &Value) -> Option<Self> {
        let text = |key: &str| element.get(key).and_then(Value::as_str);
        let organization = ["organization", "organizationTarget", "organizationalTarget"]
            .into_iter()
            .find_map(|key| organization_id(text(key)?))?;
        Some(Self { organization: organization.to_owned(), role: text("role")?.to_owned() })
    }

    /// Roles that may publish. Both spellings of the content administrator are in use (corrections).
    pub fn may_publish(&self) -> bool {
        matches!(
            self.role.as_str(),
            "ADMINISTRATOR" | "CONTENT_ADMIN" | "CONTENT_ADMINISTRATOR" | "DIRECT_SPONSORED_CONTENT_POSTER"
        )
    }
}

/// An organisation's page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Organization {
    pub localized_name: String,
    /// The end of its address, `linkedin.com/company/{vanity_name}`.
    pub vanity_name: String,
}

/// A post as `GET` and the finder give it.
#[derive(Clone, Debug)]
pub(super) struct RemotePost {
    pub id: Urn,
    /// As shown, read from little text.
    pub text: String,
    /// As it stands in the answer, should that not be little text.
    pub raw_text: String,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
    pub images: Vec<String>,
    /// It will not appear: a draft, or its publication failed.
    pub is_dead: bool,
}

impl RemotePost {
    pub fn read(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let time = |key: &str| Timestamp::from_millisecond(value.get(key)?.as_i64()?).ok();
        let raw_text = text("commentary").unwrap_or_default().to_owned();
        let content = value.get("content");
        let one = content.and_then(|content| content.pointer("/media/id")).and_then(Value::as_str);
        let many =
            content.and_then(|content| content.pointer("/multiImage/images")).and_then(Value::as_array);
        let many = many.into_iter().flatten().filter_map(|image| image.get("id")?.as_str());
        Some(Self {
            id: Urn::post(text("id")?)?,
            text: little_text::shown(&raw_text),
            raw_text,
            created_at: time("createdAt").or_else(|| time("publishedAt")),
            modified_at: time("lastModifiedAt").or_else(|| time("createdAt")),
            images: one.into_iter().chain(many).map(str::to_owned).collect(),
            is_dead: matches!(text("lifecycleState"), Some("DRAFT" | "PUBLISH_FAILED" | "DELETED")),
        })
    }
}

/// Body of the one irreversible request.
pub(super) fn new_post(author: &str, post: &OutgoingPost, images: &[Uploaded]) -> Value {
    let mut body = json!({
        "author": author,
        "commentary": little_text::escape(&post.text),
        "visibility": "PUBLIC",
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": false,
    });
    let content = match (images, article_link(post)) {
        ([], None) => return body,
        // LinkedIn fetches nothing from the address: what is not given is not shown.
        ([], Some(link)) => json!({"article": {"source": link, "title": article_title(post, link)}}),
        ([image], _) => {
            json!({"media": with_alt_text(image, post.images.first().map_or("", |image| &image.alt_text))})
        }
        (several, _) => {
            let images: Vec<Value> = several
                .iter()
                .zip(&post.images)
                .map(|(image, ours)| with_alt_text(image, &ours.alt_text))
                .collect();
            json!({"multiImage": {"images": images}})
        }
    };
    if let Some(fields) = body.as_object_mut() {
        fields.insert("content".to_owned(), content);
    }
    body
}

fn with_alt_text(image: &Uploaded, alt_text: &str) -> Value {
    let mut item = json!({"id": image.urn});
    if !alt_text.trim().is_empty()
        && let Some(fields) = item.as_object_mut()
    {
        fields.insert("altText".to_owned(), json!(alt_text));
    }
    item
}

/// The address that is shown as a card: of a post without pictures.
pub(super) fn article_link(post: &OutgoingPost) -> Option<&str> {
    post.link.as_deref().map(str::trim).filter(|link| !link.is_empty() && post.images.is_empty())
}

fn article_title(post: &OutgoingPost, link: &str) -> String {
    let title = post.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let host = || url::Url::parse(link).ok().and_then(|url| url.host_str().map(str::to_owned));
    let title = title.map(str::to_owned).or_else(host).unwrap_or_else(|| link.to_owned());
    title.chars().take(LONGEST_TITLE).collect()
}

/// Titles of cards are cut there anyway.
const LONGEST_TITLE: usize = 200;

/// What the connector keeps of a delivery.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Marks {
    /// Fingerprint of the words as shown.
    pub text_hash: String,
    pub images: Vec<Uploaded>,
    /// Address of the card.
    pub link: Option<String>,
}

/// One uploaded picture, invisible until a post names it.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Uploaded {
    pub media_id: String,
    pub urn: String,
    pub at: Timestamp,
    /// LinkedIn has finished with it.
    #[serde(default)]
    pub is_available: bool,
}

impl Marks {
    pub fn read(marks: &Value) -> Option<Self> {
        serde_json::from_value(marks.clone()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_fit_an_address_are_taken() {
        assert!(Urn::post("urn:li:share:7431329065766260736").is_some());
        assert!(Urn::post("urn:li:ugcPost:1").is_some());
        assert_eq!(Urn::post("urn:li:share:1").unwrap().segment(), "urn%3Ali%3Ashare%3A1");
        assert!(Urn::image("urn:li:image:C4E10AQ_-x").is_some());
        for bad in ["", "1", "urn:li:person:1", "urn:li:share:", "urn:li:share:../x", "urn:li:share:1 2"] {
            assert!(Urn::post(bad).is_none(), "{bad}");
        }
        assert_eq!(organization_id("urn:li:organization:12"), Some("12"));
        assert_eq!(organization_id("urn:li:organization:1/2"), None);
    }

    /// Section 6.1: both spellings; an analyst sees and may not post.
    #[test]
    fn roles_that_may_publish() {
        let role = |role: &str| {
            Role::read(&json!({"organization": "urn:li:organization:5", "role": role, "state": "APPROVED"}))
                .unwrap()
        };
        for name in ["ADMINISTRATOR", "CONTENT_ADMIN", "CONTENT_ADMINISTRATOR"] {
            assert!(role(name).may_publish(), "{name}");
        }
        assert!(!role("ANALYST").may_publish());
        let older = json!({"organizationalTarget": "urn:li:organization:5", "role": "ADMINISTRATOR"});
        assert_eq!(Role::read(&older).unwrap().organization, "5");
    }
}
