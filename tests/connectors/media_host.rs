//! The kinds of web site against their double. Source of each expected request and answer: the
//! menu-platforms reference, section 11 (WordPress) and 12 (WebDAV), and the S3 reference.

use bytes::Bytes;
use vieux_moulin_engine::connectors::{
    Credentials, FailureClass, Http,
    media_host::{self, MediaHost},
};
use vieux_moulin_sandbox::{Sandbox, SandboxOptions, SiteFault, seed};

use crate::support::jpeg;

const KINDS: [&str; 3] = ["wordpress", "webdav", "s3"];
const NAME: &str = "moulin-0123456789abcdef0123456789abcdef.jpg";

/// What the owner types for one kind of the pretend site.
fn typed(kind: &str, site: &str) -> Vec<(&'static str, String)> {
    match kind {
        "wordpress" => vec![
            ("site", site.to_owned()),
            ("username", seed::SITE_USERNAME.to_owned()),
            ("app_password", seed::SITE_PASSWORD.to_owned()),
        ],
        "webdav" => vec![
            ("folder", format!("{site}/dav/photos-reseaux/")),
            ("username", seed::SITE_USERNAME.to_owned()),
            ("password", seed::SITE_PASSWORD.to_owned()),
            ("public_url", format!("{site}/photos-reseaux")),
        ],
        _ => vec![
            ("endpoint", format!("{site}/s3")),
            ("region", "auto".to_owned()),
            ("bucket", seed::SITE_BUCKET.to_owned()),
            ("access_key_id", seed::SITE_ACCESS_KEY.to_owned()),
            ("secret_access_key", seed::SITE_SECRET_KEY.to_owned()),
            ("public_url", format!("{site}/cdn")),
        ],
    }
}

fn open(kind: &str, sandbox: &Sandbox) -> Box<dyn MediaHost> {
    let mut fields = Credentials::default();
    for (key, value) in typed(kind, &sandbox.site_address()) {
        fields.set(key, value);
    }
    media_host::open(kind, &fields, &Http::new().unwrap()).unwrap()
}

async fn sandbox() -> Sandbox {
    Sandbox::start(SandboxOptions::default()).await.unwrap()
}

async fn seen(url: &str) -> (u16, Bytes) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap())
}

#[tokio::test]
async fn a_photo_is_brought_seen_by_everybody_and_taken_away() {
    for kind in KINDS {
        let sandbox = sandbox().await;
        let host = open(kind, &sandbox);
        host.login().await.unwrap();
        let photo = jpeg(640, 480);
        let file = host.put(NAME, photo.clone(), false).await.unwrap();
        assert!(file.url.ends_with(NAME), "{kind}: {}", file.url);
        assert_eq!(seen(&file.url).await, (200, photo), "{kind}");
        for round in 0..2 {
            host.remove(NAME, Some(&file.remote_id)).await.unwrap();
            assert_eq!(sandbox.site_files(), Vec::<String>::new(), "{kind} {round}");
        }
    }
}

/// A search that is answered with other pictures, a number that is another picture's by now: the owner's
/// pictures stay.
#[tokio::test]
async fn the_owners_pictures_are_never_removed() {
    let sandbox = sandbox().await;
    let host = open("wordpress", &sandbox);
    let owners = host.put("terrasse.jpg", jpeg(320, 240), false).await.unwrap();
    let before = sandbox.site_files();
    sandbox.set_site_fault(Some(SiteFault::SlugIgnored));
    host.remove(NAME, None).await.unwrap();
    host.remove(NAME, Some(&owners.remote_id)).await.unwrap();
    assert_eq!(sandbox.site_files(), before);
    let ours = host.put(NAME, jpeg(640, 480), true).await.unwrap();
    assert_ne!(ours, owners);
    host.remove(NAME, None).await.unwrap();
    assert_eq!(sandbox.site_files(), before);
}

/// An upload whose answer was lost is found again, and not brought a second time under another name.
#[tokio::test]
async fn a_lost_answer_leaves_one_file() {
    for kind in KINDS {
        let sandbox = sandbox().await;
        let host = open(kind, &sandbox);
        sandbox.set_site_fault(Some(SiteFault::AnswerLost));
        let lost = host.put(NAME, jpeg(640, 480), false).await.unwrap_err();
        assert_eq!((lost.class, lost.problem.code.as_str()), (FailureClass::Retry, "media_host_unreachable"));
        sandbox.set_site_fault(None);
        let file = host.put(NAME, jpeg(640, 480), true).await.unwrap();
        assert_eq!(sandbox.site_files().len(), 1, "{kind}");
        assert_eq!(seen(&file.url).await.0, 200, "{kind}");
        // What nobody ever answered for can be removed as well.
        host.remove(NAME, None).await.unwrap();
        assert_eq!(sandbox.site_files(), Vec::<String>::new(), "{kind}");
    }
}

#[tokio::test]
async fn each_refusal_says_what_is_wrong_and_nothing_of_the_secret() {
    use FailureClass::{Content, Retry};
    use SiteFault as F;
    let rows = [
        ("wordpress", F::LoginRefused, Content, "media_host_login_refused"),
        ("wordpress", F::LoginUnheard, Content, "media_host_login_unheard"),
        ("wordpress", F::RightsMissing, Content, "media_host_rights_missing"),
        ("wordpress", F::Blocked, Content, "media_host_blocked"),
        ("wordpress", F::RestOff, Content, "media_host_not_found"),
        ("wordpress", F::Moved, Content, "media_host_moved"),
        ("wordpress", F::ServerError, Retry, "media_host_unreachable"),
        ("wordpress", F::Unavailable, Retry, "media_host_unreachable"),
        ("webdav", F::LoginRefused, Content, "media_host_login_refused"),
        ("webdav", F::RightsMissing, Content, "media_host_rights_missing"),
        ("webdav", F::Full, Content, "media_host_full"),
        ("webdav", F::RestOff, Content, "media_host_not_found"),
        ("webdav", F::Moved, Content, "media_host_moved"),
        ("s3", F::LoginRefused, Content, "media_host_login_refused"),
        ("s3", F::RestOff, Content, "media_host_not_found"),
        ("s3", F::ServerError, Retry, "media_host_unreachable"),
    ];
    let sandbox = sandbox().await;
    for (kind, fault, class, code) in rows {
        sandbox.set_site_fault(Some(fault));
        let refused = open(kind, &sandbox).put(NAME, jpeg(64, 64), false).await.unwrap_err();
        assert_eq!((refused.class, refused.problem.code.as_str()), (class, code), "{kind} {fault:?}");
        assert!(vieux_moulin_engine::problems::find(code).is_some(), "{code}");
        let said = format!("{refused:?}");
        assert!(!said.contains(seed::SITE_PASSWORD) && !said.contains(seed::SITE_SECRET_KEY), "{said}");
    }
    assert_eq!(sandbox.site_files(), Vec::<String>::new());
}

/// A site that shows its pages at `?p=12` has its API at `?rest_route=`.
#[tokio::test]
async fn a_wordpress_site_without_speaking_addresses_is_reached_too() {
    let sandbox = sandbox().await;
    sandbox.set_site_fault(Some(SiteFault::NoSpeakingAddresses));
    let host = open("wordpress", &sandbox);
    host.login().await.unwrap();
    let file = host.put(NAME, jpeg(64, 64), false).await.unwrap();
    host.remove(NAME, Some(&file.remote_id)).await.unwrap();
    assert_eq!(sandbox.site_files(), Vec::<String>::new());
}

#[tokio::test]
async fn a_user_who_may_not_upload_is_known_before_the_first_photo() {
    let sandbox = sandbox().await;
    sandbox.set_site_fault(Some(SiteFault::RightsMissing));
    let refused = open("wordpress", &sandbox).login().await.unwrap_err();
    assert_eq!(refused.problem.code, "media_host_rights_missing");
    let uploads = sandbox.site_requests().into_iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!(uploads, 0);
}
