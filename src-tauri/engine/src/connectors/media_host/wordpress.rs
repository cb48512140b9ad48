//! The media library of a WordPress site, through its REST API with an application password
//! (menu-platforms reference 11).

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::{
    Form, HostKind, HostedFile, MediaHost, OpenError, below,
    errors::{out_of_reach, refusal},
};
use crate::{
    connectors::{
        CredentialField, Failure, FailureClass, Http,
        http::{Deadline, Reply},
    },
    domain::Problem,
};

pub(super) static KIND: HostKind = HostKind {
    id: "wordpress",
    name: "Site WordPress",
    name_en: "WordPress site",
    fields: &[
        CredentialField {
            key: "site",
            label: "Adresse du site",
            label_en: "Address of the site",
            help: "Comme dans le navigateur, avec « www » s’il y est.",
            help_en: "As in the browser, with “www” if it is there.",
            secret: false,
            required: true,
            example: "https://www.levieuxmoulin.fr",
        },
        CredentialField {
            key: "username",
            label: "Nom d’utilisateur WordPress",
            label_en: "WordPress user name",
            help: "Celui avec lequel vous entrez dans l’administration du site.",
            help_en: "The one you sign in to the site’s administration with.",
            secret: false,
            required: true,
            example: "anne",
        },
        CredentialField {
            key: "app_password",
            label: "Mot de passe d’application",
            label_en: "Application password",
            help: "Vingt-quatre caractères, donnés par WordPress. Ce n’est pas votre mot de passe habituel.",
            help_en: "Twenty-four characters, given by WordPress. It is not your usual password.",
            secret: true,
            required: true,
            example: "abcd efgh ijkl mnop qrst uvwx",
        },
    ],
    steps: &[
        "Ouvrez l’administration de votre site (son adresse, puis « /wp-admin »).",
        "Dans « Comptes », ouvrez « Profil », et descendez jusqu’à « Mots de passe d’application ».",
        "Donnez le nom « Vieux Moulin », touchez « Ajouter », et copiez ici le mot de passe affiché.",
    ],
    steps_en: &[
        "Open the administration of your site (its address, then “/wp-admin”).",
        "Under “Users” open “Profile”, and scroll down to “Application Passwords”.",
        "Give the name “Vieux Moulin”, choose “Add”, and copy the password that is shown here.",
    ],
};

/// One site and one user of it.
pub(super) struct WordPress {
    site: Url,
    username: String,
    password: SecretString,
    http: Http,
}

impl WordPress {
    pub fn open(form: &Form<'_>, http: Http) -> Result<Self, OpenError> {
        Ok(Self {
            site: form.address("site")?,
            username: form.text("username")?.to_owned(),
            password: SecretString::from(form.text("app_password")?.to_owned()),
            http,
        })
    }

    /// `route` is below `/wp/v2/`. `plain`: for a site without speaking addresses.
    fn address(&self, route: &str, query: &[(&str, &str)], plain: bool) -> Result<Url, Failure> {
        let unusable = |_| Failure::content("media_host_not_found");
        let mut url = if plain {
            let mut url = Url::parse(&below(&self.site, "")).map_err(unusable)?;
            url.query_pairs_mut().append_pair("rest_route", &format!("/wp/v2/{route}"));
            url
        } else {
            Url::parse(&below(&self.site, &format!("wp-json/wp/v2/{route}"))).map_err(unusable)?
        };
        for (key, value) in query {
            url.query_pairs_mut().append_pair(key, value);
        }
        Ok(url)
    }

    /// Sends a request to the address that this site has for it. An address that the site does not know
    /// had no effect, so the other one may follow.
    async fn ask(
        &self,
        route: &str,
        query: &[(&str, &str)],
        deadline: Deadline,
        request: impl Fn(Url) -> RequestBuilder + Send + Sync,
    ) -> Result<Reply, Failure> {
        let mut last = None;
        for plain in [false, true] {
            let request = request(self.address(route, query, plain)?)
                .basic_auth(&self.username, Some(self.password.expose_secret()));
            let reply = self.http.call(request, deadline).await.map_err(out_of_reach)?;
            // A page that says "not found" is the site's, not the API's.
            let is_unknown = reply.status.as_u16() == 404 && reply.json.is_none();
            last = Some(reply);
            if !is_unknown {
                break;
            }
        }
        last.ok_or_else(|| Failure::content("media_host_not_found"))
    }

    /// What was brought under this name and not heard of.
    async fn find(&self, name: &str) -> Result<Option<HostedFile>, Failure> {
        let query = [("slug", stem(name)), ("_fields", FIELDS)];
        let reply = self.ask("media", &query, Deadline::CALL, |url| self.http.client().get(url)).await?;
        if !reply.status.is_success() {
            return Err(refusal(&reply));
        }
        // A cache may not know `slug` and answer with the owner's latest pictures.
        let found = reply.json.as_ref().and_then(Value::as_array);
        Ok(found.into_iter().flatten().find(|media| is_named(media, name)).and_then(file))
    }

    /// Whether the library still has this picture under that number: a site that was set up anew gives
    /// its numbers to others.
    async fn has(&self, id: &str, name: &str) -> Result<bool, Failure> {
        let route = format!("media/{id}");
        let fields = [("_fields", FIELDS)];
        let reply = self.ask(&route, &fields, Deadline::CALL, |url| self.http.client().get(url)).await?;
        match (reply.status.as_u16(), &reply.json) {
            (404 | 410, Some(_)) => Ok(false),
            (200, Some(media)) => Ok(is_named(media, name)),
            _ => Err(refusal(&reply)),
        }
    }
}

/// What tells one picture of the library from another.
const FIELDS: &str = "id,slug,source_url";

/// A name without its ending: the library makes the slug of it.
fn stem(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// The library adds to a name that is taken or too wide (`-1`, `-scaled`), never in front.
fn is_named(media: &Value, name: &str) -> bool {
    let stem = stem(name);
    let text = |key: &str| media.get(key).and_then(Value::as_str).unwrap_or_default();
    let file = text("source_url").rsplit('/').next().unwrap_or_default();
    !stem.is_empty() && (text("slug").starts_with(stem) || file.starts_with(stem))
}

fn file(media: &Value) -> Option<HostedFile> {
    Some(HostedFile {
        remote_id: media.get("id")?.as_u64()?.to_string(),
        url: media.get("source_url")?.as_str()?.to_owned(),
    })
}

#[async_trait]
impl MediaHost for WordPress {
    fn place(&self) -> String {
        format!("wordpress {}", self.site.as_str().trim_end_matches('/'))
    }

    async fn login(&self) -> Result<(), Failure> {
        let query = [("context", "edit"), ("_fields", "id,capabilities")];
        let reply = self.ask("users/me", &query, Deadline::CALL, |url| self.http.client().get(url)).await?;
        if !reply.status.is_success() {
            return Err(refusal(&reply));
        }
        let Some(body) = &reply.json else {
            // A page of the site itself: its REST API is shut, or something stands in front of it.
            return Err(Failure::content("media_host_not_found"));
        };
        if body.pointer("/capabilities/upload_files").and_then(Value::as_bool) == Some(true) {
            return Ok(());
        }
        Err(Failure::content("media_host_rights_missing"))
    }

    async fn put(&self, name: &str, jpeg: Bytes, again: bool) -> Result<HostedFile, Failure> {
        if again && let Some(found) = self.find(name).await? {
            return Ok(found);
        }
        let named = format!("attachment; filename=\"{name}\"");
        let upload = |url| {
            let request = self.http.client().post(url).body(jpeg.clone());
            request.header("content-type", "image/jpeg").header("content-disposition", &named)
        };
        let reply = self.ask("media", &[], Deadline::UPLOAD, upload).await?;
        if !reply.status.is_success() {
            return Err(refusal(&reply));
        }
        reply.json.as_ref().and_then(file).ok_or_else(|| {
            let problem = Problem::new("media_host_unreachable").http_status(reply.status.as_u16());
            Failure::new(FailureClass::Retry, problem)
        })
    }

    async fn remove(&self, name: &str, remote_id: Option<&str>) -> Result<(), Failure> {
        let id = match remote_id.filter(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())) {
            Some(id) if self.has(id, name).await? => id.to_owned(),
            Some(_) => return Ok(()),
            None => match self.find(name).await? {
                Some(found) => found.remote_id,
                None => return Ok(()),
            },
        };
        // Without `force` the library answers that it has no trash.
        let route = format!("media/{id}");
        let forced = [("force", "true")];
        let reply = self.ask(&route, &forced, Deadline::CALL, |url| self.http.client().delete(url)).await?;
        let is_gone = matches!(reply.status.as_u16(), 404 | 410) && reply.json.is_some();
        if reply.status.is_success() || is_gone { Ok(()) } else { Err(refusal(&reply)) }
    }
}
