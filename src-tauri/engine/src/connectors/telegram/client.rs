//! Requests to the Bot API: `{base}/bot{token}/{method}`.
//!
//! The token is a part of the address, so no address of this file may reach a text: only [`Client`]
//! puts it together, and failures carry what the platform said.

use bytes::Bytes;
use reqwest::{
    Body, Method, RequestBuilder,
    multipart::{Form, Part},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    channel,
    errors::{self, Effect},
    wire::{AlbumItem, Bot, Chat, Member, NewText},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Picture,
        http::{Deadline, Reply},
    },
    domain::Problem,
};

pub(super) const BOT_TOKEN: &str = "bot_token";

pub(super) struct Client<'a> {
    access: &'a Access<'a>,
    token: SecretString,
    /// What stands before the colon of the token.
    bot_id: String,
}

impl<'a> Client<'a> {
    /// Errors: `Reauth` without a token, or with one that cannot be one.
    pub fn new(access: &'a Access<'a>) -> Result<Self, Failure> {
        let refused = |code: &str| Failure::new(FailureClass::Reauth, Problem::new(code).message(BOT_TOKEN));
        let token = access.credentials.get(BOT_TOKEN).map(|token| token.expose_secret().trim().to_owned());
        let token = token.filter(|token| !token.is_empty()).ok_or_else(|| refused("credential_missing"))?;
        let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let bot_id = token
            .split_once(':')
            .filter(|(id, secret)| {
                !id.is_empty()
                    && id.chars().all(|c| c.is_ascii_digit())
                    && !secret.is_empty()
                    && secret.chars().all(is_safe)
            })
            .map(|(id, _)| id.to_owned())
            .ok_or_else(|| refused("token_invalid"))?;
        Ok(Self { access, token: SecretString::from(token), bot_id })
    }

    fn request(&self, method: &str) -> RequestBuilder {
        let base = self.access.base_url.trim_end_matches('/');
        let address = format!("{base}/bot{}/{method}", self.token.expose_secret());
        self.access.http.client().request(Method::POST, address)
    }

    async fn ask(&self, method: &str, body: &impl Serialize) -> Result<Reply, Failure> {
        self.access.http.call(self.request(method).json(body), Deadline::CALL).await
    }

    async fn read<T: DeserializeOwned>(&self, method: &str, body: &Value) -> Result<T, Failure> {
        let reply = self.ask(method, body).await?;
        let result = errors::accept(&reply, Effect::Repeatable, self.access.now)?;
        serde_json::from_value(result.clone()).map_err(|_| errors::incomplete(&reply, Effect::Repeatable))
    }

    /// Says whether the token is that of a bot.
    pub async fn me(&self) -> Result<Bot, Failure> {
        self.read("getMe", &json!({})).await
    }

    pub async fn chat(&self, chat_id: &str) -> Result<Chat, Failure> {
        self.read("getChat", &json!({"chat_id": chat_id})).await
    }

    /// What the bot may do in a channel.
    pub async fn rights(&self, chat_id: &str) -> Result<Member, Failure> {
        self.read("getChatMember", &json!({"chat_id": chat_id, "user_id": self.bot_id})).await
    }

    /// The irreversible request, made once: a text, a photo with a caption, or an album.
    pub async fn send(&self, chat_id: &str, text: &str, pictures: &[Picture]) -> Result<Reply, Failure> {
        let (request, deadline) = match pictures {
            [] => (self.request("sendMessage").json(&NewText { chat_id, text }), Deadline::CALL),
            [picture] => {
                let form = with_caption(Form::new().text("chat_id", chat_id.to_owned()), text);
                (self.request("sendPhoto").multipart(form.part("photo", part(picture)?)), Deadline::UPLOAD)
            }
            album => {
                (self.request("sendMediaGroup").multipart(group(chat_id, text, album)?), Deadline::UPLOAD)
            }
        };
        self.access.http.send_once(request, deadline).await
    }

    /// Changes the words of a message. Repeatable: the same words again are a success.
    pub async fn edit(
        &self,
        chat_id: &str,
        message: &str,
        text: &str,
        captioned: bool,
    ) -> Result<(), Failure> {
        let (method, field) =
            if captioned { ("editMessageCaption", "caption") } else { ("editMessageText", "text") };
        let body = json!({"chat_id": chat_id, "message_id": id(message)?, field: text});
        let reply = self.ask(method, &body).await?;
        if errors::is_unchanged(&reply) {
            return Ok(());
        }
        if errors::is_gone(&reply) {
            return Err(Failure::content("object_gone"));
        }
        errors::accept(&reply, Effect::Repeatable, self.access.now).map(|_| ())
    }

    /// Removes a message. Repeatable: already gone is success.
    pub async fn delete(&self, chat_id: &str, message: &str) -> Result<(), Failure> {
        let reply =
            self.ask("deleteMessage", &json!({"chat_id": chat_id, "message_id": id(message)?})).await?;
        if errors::is_gone(&reply) {
            return Ok(());
        }
        errors::accept(&reply, Effect::Repeatable, self.access.now).map(|_| ())
    }
}

/// The channel as the owner typed it.
pub(super) fn typed_channel(access: &Access<'_>) -> Result<String, Failure> {
    let typed = access.credentials.get(channel::FIELD).map(|name| name.expose_secret().to_owned());
    channel::address(&typed.unwrap_or_default()).ok_or_else(|| Failure::content("channel_address_invalid"))
}

fn id(message: &str) -> Result<i64, Failure> {
    message.parse().ok().filter(|id| *id > 0).ok_or_else(|| Failure::content("remote_id_unusable"))
}

fn with_caption(form: Form, text: &str) -> Form {
    if text.is_empty() { form } else { form.text("caption", text.to_owned()) }
}

fn part(picture: &Picture) -> Result<Part, Failure> {
    let bytes: Bytes = picture.bytes.clone();
    let length = bytes.len() as u64;
    Part::stream_with_length(Body::from(bytes), length)
        .file_name("photo.jpg")
        .mime_str(picture.mime)
        .map_err(|_| Failure::content("photo_refused"))
}

fn group(chat_id: &str, text: &str, album: &[Picture]) -> Result<Form, Failure> {
    let name = |at: usize| format!("photo{at}");
    let items: Vec<_> = (0..album.len())
        .map(|at| AlbumItem {
            kind: "photo",
            media: format!("attach://{}", name(at)),
            caption: if at == 0 { text } else { "" },
        })
        .collect();
    let items = serde_json::to_string(&items).map_err(|_| Failure::content("content_refused"))?;
    let mut form = Form::new().text("chat_id", chat_id.to_owned()).text("media", items);
    for (at, picture) in album.iter().enumerate() {
        form = form.part(name(at), part(picture)?);
    }
    Ok(form)
}
