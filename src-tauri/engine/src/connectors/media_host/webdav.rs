//! A WebDAV folder (RFC 4918) whose files can be seen on the web: many web hosts, and Nextcloud with a
//! public link.

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{
    Form, HostKind, HostedFile, MediaHost, OpenError, below,
    errors::{out_of_reach, refusal},
};
use crate::connectors::{
    CredentialField, Failure, Http,
    http::{Deadline, Reply},
};

pub(super) static KIND: HostKind = HostKind {
    id: "webdav",
    name: "Dossier WebDAV",
    name_en: "WebDAV folder",
    fields: &[
        CredentialField {
            key: "folder",
            label: "Adresse WebDAV du dossier",
            label_en: "WebDAV address of the folder",
            help: "Donnée par votre hébergeur, avec le dossier où ranger les photos.",
            help_en: "Given by your web host, with the folder to put the photos in.",
            secret: false,
            required: true,
            example: "https://dav.hebergeur.fr/www/photos-reseaux",
        },
        CredentialField {
            key: "username",
            label: "Identifiant",
            label_en: "User name",
            help: "Celui de l’accès WebDAV.",
            help_en: "The one of the WebDAV access.",
            secret: false,
            required: true,
            example: "levieuxmoulin",
        },
        CredentialField {
            key: "password",
            label: "Mot de passe",
            label_en: "Password",
            help: "Celui de l’accès WebDAV.",
            help_en: "The one of the WebDAV access.",
            secret: true,
            required: true,
            example: "…",
        },
        CredentialField {
            key: "public_url",
            label: "Adresse publique de ce dossier",
            label_en: "Public address of that folder",
            help: "Celle où un visiteur de votre site verrait les photos de ce dossier.",
            help_en: "The one where a visitor of your site would see the photos of that folder.",
            secret: false,
            required: true,
            example: "https://www.levieuxmoulin.fr/photos-reseaux",
        },
    ],
    steps: &[
        "Chez votre hébergeur, ouvrez l’accès WebDAV et notez son adresse, l’identifiant et le mot de passe.",
        "Choisissez un dossier que les visiteurs de votre site peuvent voir, par exemple « photos-reseaux ».",
        "Recopiez ici les deux adresses de ce dossier : celle de WebDAV, et celle que voient les visiteurs.",
    ],
    steps_en: &[
        "At your web host open the WebDAV access and note its address, the user name and the password.",
        "Choose a folder that visitors of your site can see, for example “photos-reseaux”.",
        "Copy both addresses of that folder here: the one of WebDAV, and the one that visitors see.",
    ],
};

/// One folder.
pub(super) struct WebDav {
    folder: Url,
    public_url: Url,
    username: String,
    password: SecretString,
    http: Http,
}

impl WebDav {
    pub fn open(form: &Form<'_>, http: Http) -> Result<Self, OpenError> {
        Ok(Self {
            folder: form.address("folder")?,
            public_url: form.address("public_url")?,
            username: form.text("username")?.to_owned(),
            password: SecretString::from(form.text("password")?.to_owned()),
            http,
        })
    }

    async fn ask(&self, request: RequestBuilder, deadline: Deadline) -> Result<Reply, Failure> {
        let request = request.basic_auth(&self.username, Some(self.password.expose_secret()));
        self.http.call(request, deadline).await.map_err(out_of_reach)
    }

    async fn bring(&self, name: &str, jpeg: Bytes) -> Result<Reply, Failure> {
        let request = self.http.client().put(below(&self.folder, name)).body(jpeg);
        self.ask(request.header("content-type", "image/jpeg"), Deadline::UPLOAD).await
    }
}

#[async_trait]
impl MediaHost for WebDav {
    fn place(&self) -> String {
        format!("webdav {}", self.folder.as_str().trim_end_matches('/'))
    }

    async fn put(&self, name: &str, jpeg: Bytes, _again: bool) -> Result<HostedFile, Failure> {
        let mut reply = self.bring(name, jpeg.clone()).await?;
        // 409: the folder is not there yet (9.7.1); some servers say 404.
        if matches!(reply.status.as_u16(), 404 | 409) {
            let make = Method::from_bytes(b"MKCOL").map_err(|_| Failure::content("media_host_not_found"))?;
            let folder = below(&self.folder, "");
            let made = self.ask(self.http.client().request(make, folder), Deadline::CALL).await?;
            if made.status.is_success() {
                reply = self.bring(name, jpeg).await?;
            }
        }
        if !reply.status.is_success() {
            return Err(refusal(&reply));
        }
        Ok(HostedFile { remote_id: name.to_owned(), url: below(&self.public_url, name) })
    }

    async fn remove(&self, name: &str, _remote_id: Option<&str>) -> Result<(), Failure> {
        let request = self.http.client().delete(below(&self.folder, name));
        let reply = self.ask(request, Deadline::CALL).await?;
        let is_gone = matches!(reply.status.as_u16(), 404 | 410);
        if reply.status.is_success() || is_gone { Ok(()) } else { Err(refusal(&reply)) }
    }
}
