//! An S3 storage (Amazon, Scaleway, OVH, R2, Garage…) whose files can be seen on the web. Signing is
//! opendal's; its client is ours, without redirects and retries.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use opendal::{ErrorKind, HttpTransporter, OperationContext, Operator, services};
use opendal_http_transport_reqwest::ReqwestTransport;
use url::Url;

use super::{Form, HostKind, HostedFile, MediaHost, OpenError, below};
use crate::{
    connectors::{CredentialField, Failure, FailureClass, Http, http::Deadline},
    domain::Problem,
};

pub(super) static KIND: HostKind = HostKind {
    id: "s3",
    name: "Stockage S3",
    name_en: "S3 storage",
    fields: &[
        CredentialField {
            key: "endpoint",
            label: "Adresse du service",
            label_en: "Address of the service",
            help: "Donnée par votre hébergeur, sans le nom du compartiment.",
            help_en: "Given by your provider, without the name of the bucket.",
            secret: false,
            required: true,
            example: "https://s3.fr-par.scw.cloud",
        },
        CredentialField {
            key: "region",
            label: "Région",
            label_en: "Region",
            help: "Donnée par votre hébergeur ; « auto » s’il n’en a pas.",
            help_en: "Given by your provider; “auto” if it has none.",
            secret: false,
            required: true,
            example: "fr-par",
        },
        CredentialField {
            key: "bucket",
            label: "Nom du compartiment",
            label_en: "Name of the bucket",
            help: "Ses fichiers doivent pouvoir être lus par tout le monde.",
            help_en: "Its files must be readable by everybody.",
            secret: false,
            required: true,
            example: "levieuxmoulin-photos",
        },
        CredentialField {
            key: "access_key_id",
            label: "Identifiant de la clé d’accès",
            label_en: "Access key ID",
            help: "D’une clé qui peut écrire et supprimer dans ce compartiment, et rien d’autre.",
            help_en: "Of a key that may write and delete in this bucket, and nothing else.",
            secret: false,
            required: true,
            example: "SCWXXXXXXXXXXXXXXXXX",
        },
        CredentialField {
            key: "secret_access_key",
            label: "Clé secrète",
            label_en: "Secret access key",
            help: "Affichée une seule fois, à la création de la clé.",
            help_en: "Shown once, when the key is made.",
            secret: true,
            required: true,
            example: "…",
        },
        CredentialField {
            key: "public_url",
            label: "Adresse publique du compartiment",
            label_en: "Public address of the bucket",
            help: "Celle où tout le monde voit ses fichiers.",
            help_en: "The one where everybody sees its files.",
            secret: false,
            required: true,
            example: "https://levieuxmoulin-photos.s3.fr-par.scw.cloud",
        },
    ],
    steps: &[
        "Créez chez votre hébergeur un compartiment dont les fichiers sont publics.",
        "Créez une clé d’accès limitée à ce compartiment, et copiez ici ses deux parties.",
    ],
    steps_en: &[
        "Make a bucket with public files at your provider.",
        "Make an access key for this bucket only, and copy both of its parts here.",
    ],
};

/// One bucket.
pub(super) struct S3 {
    operator: Operator,
    place: String,
    public_url: Url,
}

impl S3 {
    pub fn open(form: &Form<'_>, http: &Http) -> Result<Self, OpenError> {
        let endpoint = form.address("endpoint")?;
        let bucket = form.text("bucket")?;
        let place = format!("s3 {}", below(&endpoint, bucket));
        // Nothing is read from the surroundings: the keys are the ones that were typed.
        let service = services::S3::default()
            .endpoint(endpoint.as_str().trim_end_matches('/'))
            .region(form.text("region")?)
            .bucket(bucket)
            .access_key_id(form.text("access_key_id")?)
            .secret_access_key(form.text("secret_access_key")?)
            .disable_config_load()
            .disable_ec2_metadata();
        let transport = HttpTransporter::new(ReqwestTransport::new(http.client().clone()));
        let operator = Operator::new(service)
            .map_err(|_| OpenError::Unsafe("endpoint"))?
            .with_context(OperationContext::new().with_http_transport(transport));
        Ok(Self { operator, place, public_url: form.address("public_url")? })
    }
}

/// Ends a call after its deadline.
async fn within<T>(
    deadline: Deadline,
    call: impl Future<Output = opendal::Result<T>> + Send,
) -> Result<T, Failure> {
    let Deadline(most) = deadline;
    match tokio::time::timeout(most, call).await {
        Ok(result) => result.map_err(|error| sorted(&error)),
        Err(_) => Err(slow(most)),
    }
}

fn slow(after: Duration) -> Failure {
    let problem = Problem::new("media_host_unreachable").message(format!("{} s", after.as_secs()));
    Failure::new(FailureClass::Retry, problem)
}

fn sorted(error: &opendal::Error) -> Failure {
    let (class, code) = match error.kind() {
        // A wrong key and a missing right look alike.
        ErrorKind::PermissionDenied => (FailureClass::Content, "media_host_login_refused"),
        ErrorKind::NotFound | ErrorKind::ConfigInvalid => (FailureClass::Content, "media_host_not_found"),
        _ => (FailureClass::Retry, "media_host_unreachable"),
    };
    // The text of the error holds the address of the file, and nothing of the key.
    Failure::new(class, Problem::new(code).platform_code(format!("{:?}", error.kind())))
}

#[async_trait]
impl MediaHost for S3 {
    fn place(&self) -> String {
        self.place.clone()
    }

    async fn put(&self, name: &str, jpeg: Bytes, _again: bool) -> Result<HostedFile, Failure> {
        let write = self.operator.write_with(name, jpeg).content_type("image/jpeg");
        within(Deadline::UPLOAD, async move { write.await }).await?;
        Ok(HostedFile { remote_id: name.to_owned(), url: below(&self.public_url, name) })
    }

    async fn remove(&self, name: &str, _remote_id: Option<&str>) -> Result<(), Failure> {
        within(Deadline::CALL, self.operator.delete(name)).await
    }
}
