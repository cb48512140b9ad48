//! Requests to X's API v2, `{base}/2/…`, with a token that lives two hours and is renewed.

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::{
    Body, Method, RequestBuilder,
    multipart::{Form, Part},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{
    errors::{self, Effect},
    login,
    wire::{RemotePost, User, id_of, is_id},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Picture,
        http::{Deadline, Reply},
        oauth,
    },
    domain::Problem,
};

pub(super) struct Client<'a> {
    access: &'a Access<'a>,
    token: SecretString,
}

impl<'a> Client<'a> {
    /// Errors: `Reauth` when X refuses to renew, `Retry` when it could not be asked.
    pub async fn new(access: &'a Access<'a>) -> Result<Self, Failure> {
        let token = oauth::token(access, &|credentials| login::renewal(access, credentials)).await?;
        Ok(Self { access, token })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let address = format!("{}{path}", login::api(self.access.base_url, self.access.platform));
        self.access.http.client().request(method, address).bearer_auth(self.token.expose_secret())
    }

    /// A refused token is replaced, and the call may be made again: it has had no effect.
    async fn renewed(&self) -> Failure {
        oauth::after_refusal(self.access, &self.token, &|credentials| {
            login::renewal(self.access, credentials)
        })
        .await
    }

    async fn call(&self, request: RequestBuilder, deadline: Deadline) -> Result<Reply, Failure> {
        let reply = self.access.http.call(request, deadline).await?;
        if errors::token_refused(&reply) { Err(self.renewed().await) } else { Ok(reply) }
    }

    pub async fn me(&self) -> Result<User, Failure> {
        let reply = self.call(self.request(Method::GET, "/users/me"), Deadline::CALL).await?;
        let answer = errors::accept(&reply, Effect::Repeatable, self.access.now)?;
        let user = answer.get("data").cloned().and_then(|data| serde_json::from_value::<User>(data).ok());
        user.filter(|user| is_id(&user.id)).ok_or_else(|| errors::incomplete(&reply, Effect::Repeatable))
    }

    /// Uploads a picture in one piece; returns X's number of it.
    pub async fn upload(&self, picture: Picture) -> Result<String, Failure> {
        let bytes: Bytes = picture.bytes;
        let length = bytes.len() as u64;
        let part = Part::stream_with_length(Body::from(bytes), length)
            .file_name("photo.jpg")
            .mime_str(picture.mime)
            .map_err(|_| Failure::content("photo_refused"))?;
        let form = Form::new().text("media_category", "tweet_image").part("media", part);
        let reply =
            self.call(self.request(Method::POST, "/media/upload").multipart(form), Deadline::UPLOAD).await?;
        let answer = errors::accept(&reply, Effect::Repeatable, self.access.now).map_err(|mut failure| {
            if failure.problem.code == "content_refused_by_platform" {
                "photo_refused".clone_into(&mut failure.problem.code);
            }
            failure
        })?;
        id_of(answer).map(str::to_owned).ok_or_else(|| errors::incomplete(&reply, Effect::Repeatable))
    }

    /// Tells what a picture shows. Repeatable.
    pub async fn describe(&self, id: &str, alt_text: &str) -> Result<(), Failure> {
        let body = json!({"id": id, "metadata": {"alt_text": {"text": alt_text}}});
        let reply =
            self.call(self.request(Method::POST, "/media/metadata").json(&body), Deadline::CALL).await?;
        errors::accept(&reply, Effect::Repeatable, self.access.now).map(|_| ())
    }

    /// The irreversible request, made once.
    pub async fn create(&self, post: &Value) -> Result<Reply, Failure> {
        let request = self.request(Method::POST, "/tweets").json(post);
        let reply = self.access.http.send_once(request, Deadline::CALL).await?;
        // A definite answer: nothing was made.
        if errors::token_refused(&reply) { Err(self.renewed().await) } else { Ok(reply) }
    }

    /// One page of the account's own posts, newest first, and where the next begins.
    pub async fn posts(
        &self,
        since: Option<Timestamp>,
        next: Option<&str>,
    ) -> Result<(Vec<RemotePost>, Option<String>), Failure> {
        let path = format!("/users/{}/tweets", self.access.account.remote_id);
        let mut request = self
            .request(Method::GET, &path)
            .query(&[("max_results", "100"), ("tweet.fields", "created_at,entities,attachments")]);
        // Whole seconds: X takes no fractions longer than milliseconds.
        if let Some(since) = since.and_then(|at| Timestamp::from_second(at.as_second()).ok()) {
            request = request.query(&[("start_time", since.to_string())]);
        }
        if let Some(next) = next {
            request = request.query(&[("pagination_token", next)]);
        }
        let reply = self.call(request, Deadline::CALL).await?;
        let answer = errors::accept(&reply, Effect::Repeatable, self.access.now)?;
        let unreadable = || Failure::new(FailureClass::Retry, Problem::new("unreadable_answer"));
        let listed = match (answer.get("data"), answer.pointer("/meta/result_count").and_then(Value::as_u64))
        {
            (Some(data), _) => data.as_array().cloned().ok_or_else(unreadable)?,
            // No post at all: the list is left out.
            (None, Some(0)) => Vec::new(),
            (None, _) => return Err(unreadable()),
        };
        // What cannot be read may be what is looked for.
        let posts: Option<Vec<_>> = listed.iter().map(RemotePost::read).collect();
        let next = answer.pointer("/meta/next_token").and_then(Value::as_str).map(str::to_owned);
        Ok((posts.ok_or_else(unreadable)?, next))
    }

    /// Removes a post. Repeatable: already gone is success.
    pub async fn delete(&self, id: &str) -> Result<(), Failure> {
        let reply = self.call(self.request(Method::DELETE, &format!("/tweets/{id}")), Deadline::CALL).await?;
        if reply.status == 404 && reply.json.is_some() {
            return Ok(());
        }
        let answer = errors::accept(&reply, Effect::Repeatable, self.access.now)?;
        match answer.pointer("/data/deleted").and_then(Value::as_bool) {
            Some(true) => Ok(()),
            _ => Err(errors::incomplete(&reply, Effect::Repeatable)),
        }
    }
}
