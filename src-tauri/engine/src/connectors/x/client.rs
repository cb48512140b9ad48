//! Requests to X's API v2, `{base}/2/…`, with a token that lives two hours and is renewed.

use jiff::Timestamp;
use reqwest::{
    Method, RequestBuilder,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
    multipart::{Form, Part},
};
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
        oauth::Caller,
    },
    domain::Problem,
};

pub(super) struct Client<'a> {
    access: &'a Access<'a>,
    caller: Caller<'a>,
}

impl<'a> Client<'a> {
    /// Errors: `Reauth` when X refuses to renew, `Retry` when it could not be asked.
    pub async fn new(access: &'a Access<'a>) -> Result<Self, Failure> {
        Ok(Self { access, caller: Caller::open(access, login::renewal, errors::token_refused).await? })
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", login::api(self.access.base_url, self.access.platform))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        shape: impl Fn(RequestBuilder) -> RequestBuilder + Send,
    ) -> Result<Reply, Failure> {
        self.caller.call(method, &self.address(path), Deadline::CALL, shape).await
    }

    /// A read. An answer of refusals only (`errors`, for things that are not there) is an answer.
    pub async fn find(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        let reply = self.call(Method::GET, path, |request| request.query(query)).await?;
        let only_refusals = reply.json.as_ref().filter(|json| {
            reply.status == 200
                && json.get("data").is_none()
                && json.get("errors").is_some_and(Value::is_array)
        });
        if let Some(answer) = only_refusals {
            return Ok(answer.clone());
        }
        errors::accept(&reply, Effect::Repeatable, self.access.now).cloned()
    }

    pub async fn me(&self) -> Result<User, Failure> {
        let reply = self.call(Method::GET, "/users/me", |request| request).await?;
        let answer = errors::accept(&reply, Effect::Repeatable, self.access.now)?;
        let user = answer.get("data").cloned().and_then(|data| serde_json::from_value::<User>(data).ok());
        user.filter(|user| is_id(&user.id)).ok_or_else(|| errors::incomplete(&reply, Effect::Repeatable))
    }

    /// Uploads a picture in one piece; returns X's number of it.
    pub async fn upload(&self, picture: Picture) -> Result<String, Failure> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(picture.mime))]);
        let shape = |request: RequestBuilder| {
            let part = Part::stream_with_length(picture.bytes.clone(), picture.bytes.len() as u64)
                .file_name("photo.jpg")
                .headers(headers.clone());
            request.multipart(Form::new().text("media_category", "tweet_image").part("media", part))
        };
        let address = self.address("/media/upload");
        let reply = self.caller.call(Method::POST, &address, Deadline::UPLOAD, shape).await?;
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
        let reply = self.call(Method::POST, "/media/metadata", |request| request.json(&body)).await?;
        errors::accept(&reply, Effect::Repeatable, self.access.now).map(|_| ())
    }

    /// The irreversible request, made once.
    pub async fn create(&self, post: &Value) -> Result<Reply, Failure> {
        self.caller
            .send_once(Method::POST, &self.address("/tweets"), Deadline::CALL, |request| request.json(post))
            .await
    }

    /// One page of the account's own posts, newest first, and where the next begins.
    pub async fn posts(
        &self,
        since: Option<Timestamp>,
        next: Option<&str>,
    ) -> Result<(Vec<RemotePost>, Option<String>), Failure> {
        let path = format!("/users/{}/tweets", self.access.account.remote_id);
        let mut query = vec![
            ("max_results", "100".to_owned()),
            ("tweet.fields", "created_at,entities,attachments".to_owned()),
        ];
        // Whole seconds: X takes no fractions longer than milliseconds.
        if let Some(since) = since.and_then(|at| Timestamp::from_second(at.as_second()).ok()) {
            query.push(("start_time", since.to_string()));
        }
        if let Some(next) = next {
            query.push(("pagination_token", next.to_owned()));
        }
        let reply = self.call(Method::GET, &path, |request| request.query(&query)).await?;
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
        let reply = self.call(Method::DELETE, &format!("/tweets/{id}"), |request| request).await?;
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
