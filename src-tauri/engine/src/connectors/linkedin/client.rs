//! Requests to LinkedIn's versioned REST API (social-platforms section 6.2). Three headers go with each:
//! the token, the version, the protocol.

use reqwest::{Method, RequestBuilder, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{
    errors::{self, Effect},
    token,
    wire::{Organization, RemotePost, Role, Urn, organization_urn},
};
use crate::connectors::{
    Access, Failure, FailureClass, Picture,
    address::is_loopback,
    http::{Deadline, Reply},
};

/// Posts on one page of the list.
const PAGE: usize = 100;

pub(super) struct Client<'a> {
    access: &'a Access<'a>,
    token: SecretString,
}

/// Where a picture stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImageState {
    Available,
    Processing,
    Failed,
    /// LinkedIn does not know it (any more).
    Gone,
}

impl<'a> Client<'a> {
    /// Errors: `Reauth` without a token that can be used.
    pub fn new(access: &'a Access<'a>) -> Result<Self, Failure> {
        Ok(Self { access, token: token::usable(access)? })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let base = self.access.base_url.trim_end_matches('/');
        let request = self
            .access
            .http
            .client()
            .request(method, format!("{base}{path}"))
            .bearer_auth(self.token.expose_secret())
            .header("X-Restli-Protocol-Version", "2.0.0");
        match self.access.platform.api_version.as_deref() {
            Some(version) => request.header("LinkedIn-Version", version),
            None => request,
        }
    }

    async fn call(&self, request: RequestBuilder) -> Result<Reply, Failure> {
        self.access.http.call(request, Deadline::CALL).await
    }

    async fn read(&self, request: RequestBuilder) -> Result<Value, Failure> {
        let reply = self.call(request).await?;
        errors::body(&reply, Effect::Repeatable, self.access.now).cloned()
    }

    /// A read of an address with its query; what stands in a Rest.li list is encoded already.
    pub async fn find(&self, path: &str) -> Result<Value, Failure> {
        self.read(self.request(Method::GET, path)).await
    }

    /// The organisations in which the owner of the token has a role.
    pub async fn roles(&self) -> Result<Vec<Role>, Failure> {
        let request = self
            .request(Method::GET, "/rest/organizationAcls")
            .header("X-RestLi-Method", "FINDER")
            .query(&[("q", "roleAssignee"), ("state", "APPROVED"), ("count", "100")]);
        let answer = self.read(request).await?;
        // An element without an organisation is one that this token may not see: it is left out.
        Ok(elements(&answer)?.iter().filter_map(Role::read).collect())
    }

    /// Name and address of an organisation; `None` where this token may not read them.
    pub async fn organization(&self, id: &str) -> Result<Option<Organization>, Failure> {
        let reply = self.call(self.request(Method::GET, &format!("/rest/organizations/{id}"))).await?;
        match errors::body(&reply, Effect::Repeatable, self.access.now) {
            Ok(answer) => Ok(serde_json::from_value(answer.clone()).ok()),
            Err(failure) if reply.json.is_some() && matches!(reply.status.as_u16(), 403 | 404) => {
                tracing::debug!(code = failure.problem.code, "The organisation's name cannot be read.");
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Uploads a picture, invisible until a post names it: an address is asked for, then the whole file is
    /// put there at once (section 14.3: in pieces it arrives damaged).
    pub async fn upload(&self, picture: Picture) -> Result<Urn, Failure> {
        let owner = organization_urn(&self.access.account.remote_id);
        let request = self
            .request(Method::POST, "/rest/images")
            .query(&[("action", "initializeUpload")])
            .json(&json!({"initializeUploadRequest": {"owner": owner}}));
        let reply = self.call(request).await?;
        let answer = errors::body(&reply, Effect::Repeatable, self.access.now)?;
        let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
        let image = text("/value/image").and_then(Urn::image);
        let address = text("/value/uploadUrl").and_then(|url| Url::parse(url).ok()).filter(is_safe);
        let (Some(image), Some(address)) = (image, address) else {
            return Err(errors::incomplete(&reply, Effect::Repeatable));
        };
        let mut put = self
            .access
            .http
            .client()
            .put(address.clone())
            .header(header::CONTENT_TYPE, picture.mime)
            .body(picture.bytes);
        if self.is_theirs(&address) {
            put = put.bearer_auth(self.token.expose_secret());
        }
        let reply = self.access.http.call(put, Deadline::UPLOAD).await?;
        errors::accept(&reply, Effect::Repeatable, self.access.now).map_err(|mut failure| {
            if failure.class == FailureClass::Content {
                "photo_refused".clone_into(&mut failure.problem.code);
            }
            failure
        })?;
        // 201 is their answer; a page of a portal says 200 too.
        if reply.status == 201 { Ok(image) } else { Err(errors::incomplete(&reply, Effect::Repeatable)) }
    }

    /// The token goes to LinkedIn's own hosts only.
    fn is_theirs(&self, address: &Url) -> bool {
        [self.access.base_url, self.access.host(token::LOGIN)]
            .into_iter()
            .filter_map(|base| Url::parse(base).ok())
            .any(|base| base.origin() == address.origin())
    }

    pub async fn image_state(&self, image: &Urn) -> Result<ImageState, Failure> {
        let reply =
            self.call(self.request(Method::GET, &format!("/rest/images/{}", image.segment()))).await?;
        if reply.status == 404 && reply.json.is_some() {
            return Ok(ImageState::Gone);
        }
        let answer = errors::body(&reply, Effect::Repeatable, self.access.now)?;
        match answer.get("status").and_then(Value::as_str) {
            Some("AVAILABLE") => Ok(ImageState::Available),
            Some("PROCESSING_FAILED") => Ok(ImageState::Failed),
            Some(_) => Ok(ImageState::Processing),
            None => Err(errors::incomplete(&reply, Effect::Repeatable)),
        }
    }

    /// The irreversible request, made once.
    pub async fn create(&self, post: &Value) -> Result<Reply, Failure> {
        let request = self.request(Method::POST, "/rest/posts").json(post);
        self.access.http.send_once(request, Deadline::CALL).await
    }

    /// One page of the organisation's posts, the last changed first, and whether more follow.
    pub async fn posts(&self, start: usize) -> Result<(Vec<RemotePost>, bool), Failure> {
        let author = organization_urn(&self.access.account.remote_id);
        let (start, count) = (start.to_string(), PAGE.to_string());
        let request = self.request(Method::GET, "/rest/posts").header("X-RestLi-Method", "FINDER").query(&[
            ("author", author.as_str()),
            ("q", "author"),
            ("start", &start),
            ("count", &count),
            ("sortBy", "LAST_MODIFIED"),
        ]);
        let answer = self.read(request).await?;
        let elements = elements(&answer)?;
        // What cannot be read may be what is looked for.
        let posts: Option<Vec<_>> = elements.iter().map(RemotePost::read).collect();
        Ok((posts.ok_or_else(unreadable)?, elements.len() >= PAGE))
    }

    /// A post by its name; `None` when LinkedIn does not know it.
    pub async fn post(&self, id: &Urn) -> Result<Option<RemotePost>, Failure> {
        let reply = self.call(self.request(Method::GET, &format!("/rest/posts/{}", id.segment()))).await?;
        if reply.status == 404 && reply.json.is_some() {
            return Ok(None);
        }
        let answer = errors::body(&reply, Effect::Repeatable, self.access.now)?;
        RemotePost::read(answer).map(Some).ok_or_else(unreadable)
    }

    /// Changes the words of a post. Repeatable.
    pub async fn edit(&self, id: &Urn, commentary: &str) -> Result<(), Failure> {
        let request = self
            .request(Method::POST, &format!("/rest/posts/{}", id.segment()))
            .header("X-RestLi-Method", "PARTIAL_UPDATE")
            .json(&json!({"patch": {"$set": {"commentary": commentary}}}));
        let reply = self.call(request).await?;
        if reply.status == 404 && reply.json.is_some() {
            return Err(Failure::content("object_gone"));
        }
        errors::accept(&reply, Effect::Repeatable, self.access.now)?;
        if reply.status == 204 { Ok(()) } else { Err(errors::incomplete(&reply, Effect::Repeatable)) }
    }

    /// Removes a post. Repeatable: already gone is success.
    pub async fn delete(&self, id: &Urn) -> Result<(), Failure> {
        let request = self
            .request(Method::DELETE, &format!("/rest/posts/{}", id.segment()))
            .header("X-RestLi-Method", "DELETE");
        let reply = self.call(request).await?;
        if reply.status == 404 && reply.json.is_some() {
            return Ok(());
        }
        errors::accept(&reply, Effect::Repeatable, self.access.now)?;
        if reply.status == 204 { Ok(()) } else { Err(errors::incomplete(&reply, Effect::Repeatable)) }
    }
}

fn elements(answer: &Value) -> Result<&Vec<Value>, Failure> {
    answer.get("elements").and_then(Value::as_array).ok_or_else(unreadable)
}

fn unreadable() -> Failure {
    Failure::new(FailureClass::Retry, crate::domain::Problem::new("unreadable_answer"))
}

fn is_safe(address: &Url) -> bool {
    address.scheme() == "https" || is_loopback(address)
}
