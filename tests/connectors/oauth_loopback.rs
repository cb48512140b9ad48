//! Logging in with the browser: the listener takes one answer, the right one, and the code becomes a
//! token that works.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use vieux_moulin_engine::{
    clock::{FakeClock, SharedClock, SystemClock},
    config::PlatformConfig,
    connectors::{
        Credentials, FailureClass, Http, LoginDoor, Revocation, oauth_loopback, registry::Registry,
    },
    domain::OutgoingPost,
};
use vieux_moulin_sandbox::{FaultMatch, FaultName, FaultRequest, Platform, Sandbox, SandboxOptions, seed};

use crate::support::{Delivery, Stage};

async fn start(clock: SharedClock) -> (Sandbox, oauth_loopback::Login) {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let connector = Registry::standard().get("mastodon").unwrap().clone();
    let server = sandbox.addresses().mastodon.clone();
    let (platform, app) = (PlatformConfig::default(), Credentials::default());
    let http = Http::new().unwrap();
    let login = oauth_loopback::start(connector, http, clock, &server, &platform, &app).await.unwrap();
    (sandbox, login)
}

fn redirect_uri(login: &oauth_loopback::Login) -> (url::Url, String) {
    let authorize = url::Url::parse(login.authorize_url()).unwrap();
    let field = |name: &str| authorize.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!(field("code_challenge_method"), "S256");
    (url::Url::parse(&field("redirect_uri")).unwrap(), field("state"))
}

#[tokio::test]
async fn a_foreign_answer_is_refused_and_a_refusal_ends_it() {
    let (_sandbox, login) = start(SystemClock::shared()).await;
    let (redirect, state) = redirect_uri(&login);
    assert_eq!(redirect.host_str(), Some("127.0.0.1"));
    let waiting = tokio::spawn(login.finish());
    let get = |query: String| {
        let mut url = redirect.clone();
        url.set_query(Some(&query));
        async move { Http::new().unwrap().client().get(url).send().await.unwrap() }
    };
    assert_eq!(get("code=stolen&state=guess".into()).await.status(), 400);
    assert!(!waiting.is_finished(), "a wrong state must not end the login");
    let page = get(format!("error=access_denied&state={state}")).await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("pas été autorisée"));
    let failure = waiting.await.unwrap().unwrap_err();
    assert_eq!(failure.problem.code, "login_refused");
}

#[tokio::test]
async fn nobody_comes_back_within_five_minutes() {
    let clock = FakeClock::at(Timestamp::now());
    let (_sandbox, login) = start(Arc::<FakeClock>::clone(&clock)).await;
    let (redirect, _) = redirect_uri(&login);
    let waiting = tokio::spawn(login.finish());
    tokio::time::sleep(Duration::from_millis(50)).await;
    clock.advance(Duration::from_secs(301));
    assert_eq!(waiting.await.unwrap().unwrap_err().problem.code, "login_expired");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(Http::new().unwrap().client().get(redirect).send().await.is_err(), "still listening");
}

/// A browser with nobody in front of it: opens the page, presses a button, follows to the listener.
async fn press(authorize_url: &str, decision: &str) -> reqwest::Response {
    let browser = Http::new().unwrap();
    let asked = browser.client().get(authorize_url).send().await.unwrap();
    assert_eq!(asked.status(), 200, "the page that asks for consent");
    let page = asked.text().await.unwrap();
    let action = between(&page, "action=\"", "\"").unwrap();
    let mut fields: Vec<(String, String)> = page
        .split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|rest| {
            let name = rest.split('"').next().unwrap().to_owned();
            (name, unescaped(between(rest, "value=\"", "\"").unwrap()))
        })
        .collect();
    fields.push(("account".to_owned(), "1".to_owned()));
    fields.push(("decision".to_owned(), decision.to_owned()));
    let target = url::Url::parse(authorize_url).unwrap().join(action).unwrap();
    let answer = browser.client().post(target).form(&fields).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    let back = answer.headers()["location"].to_str().unwrap().to_owned();
    browser.client().get(back).send().await.unwrap()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(inner, _)| inner)
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// From the typed address to a post: register, consent, come back, exchange, check, publish.
#[tokio::test]
async fn consent_in_the_browser_ends_in_an_account_that_publishes() {
    let (sandbox, login) = start(SystemClock::shared()).await;
    let (_, state) = redirect_uri(&login);
    assert!(state.len() >= 43, "a state that can be guessed");
    let address = login.authorize_url().to_owned();
    let server = login.server().to_owned();
    assert_eq!(server, sandbox.addresses().mastodon);
    let waiting = tokio::spawn(login.finish());
    let page = press(&address, "allow").await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("C’est fait"));
    let credentials = waiting.await.unwrap().unwrap();
    assert_eq!(credentials.get("server").unwrap().expose_secret(), server);

    let connector = Registry::standard().get("mastodon").unwrap().clone();
    let mut stage = Stage::new(connector, &server, &[]);
    *stage.vault.current.lock().unwrap() = credentials;
    let identity = stage.check().await.unwrap();
    assert_eq!(identity.remote_id, seed::mastodon_id(1));
    assert!(identity.missing_permissions.is_empty(), "{:?}", identity.missing_permissions);
    stage.connect().await;
    let mut delivery =
        Delivery::new(&stage, OutgoingPost { text: "Connecté".to_owned(), ..OutgoingPost::default() });
    delivery.prepare(&stage).await.unwrap();
    delivery.send(&stage).await.unwrap();
    assert_eq!(sandbox.objects(Platform::Mastodon).len(), 1);

    // What was exchanged, as the server saw it: one registration, the challenge, its verifier.
    let requests = sandbox.requests(Platform::Mastodon);
    let of = |path: &str| requests.iter().filter(|request| request.path == path).collect::<Vec<_>>();
    assert_eq!((of("/api/v1/apps").len(), of("/oauth/token").len()), (1, 1));
    let exchange = of("/oauth/token")[0].body.to_string();
    for field in ["code_verifier", "redirect_uri", "client_secret", "authorization_code"] {
        assert!(exchange.contains(field), "{field}: {exchange}");
    }

    // Removed again, the server forgets the token; one that the owner pasted is theirs to delete.
    assert!(stage.access_page().unwrap().ends_with("/oauth/authorized_applications"));
    assert_eq!(stage.revoke().await.unwrap(), Revocation::Revoked);
    assert_eq!(stage.check().await.unwrap_err().class, FailureClass::Reauth);
    assert_eq!(stage.revoke().await.unwrap(), Revocation::Revoked);
    let connector = Registry::standard().get("mastodon").unwrap().clone();
    let pasted = Stage::new(connector, &server, &[("access_token", seed::mastodon_token(1))]);
    assert_eq!(pasted.revoke().await.unwrap(), Revocation::NotOffered);
    assert!(pasted.access_page().unwrap().ends_with("/settings/applications"));
    let requests = sandbox.requests(Platform::Mastodon);
    assert_eq!(requests.iter().filter(|request| request.path == "/oauth/revoke").count(), 2);
}

#[tokio::test]
async fn a_refusal_in_the_browser_is_said_and_nothing_is_exchanged() {
    let (sandbox, login) = start(SystemClock::shared()).await;
    let address = login.authorize_url().to_owned();
    let waiting = tokio::spawn(login.finish());
    assert!(press(&address, "deny").await.text().await.unwrap().contains("pas été autorisée"));
    assert_eq!(waiting.await.unwrap().unwrap_err().problem.code, "login_refused");
    let requests = sandbox.requests(Platform::Mastodon);
    assert!(!requests.iter().any(|request| request.path == "/oauth/token"));
}

/// The code alone is worth nothing: whoever took it from the redirect lacks the verifier.
#[tokio::test]
async fn a_code_is_bound_to_the_login_that_asked_for_it() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let connector = Registry::standard().get("mastodon").unwrap().clone();
    let (http, server) = (Http::new().unwrap(), sandbox.addresses().mastodon.clone());
    let redirect = "http://127.0.0.1:9/connexion";
    let oauth = connector.oauth().unwrap();
    let (platform, app) = (PlatformConfig::default(), Credentials::default());
    let door =
        LoginDoor { http: &http, server: &server, platform: &platform, app: &app, redirect_uri: redirect };
    let mut login = oauth.begin(&door).await.unwrap();
    let code = consent(&login.authorize_url).await;
    login.secrets.set("code_verifier", "another-verifier-of-the-right-length-0123456789");
    let failure = oauth.finish(&http, &login, &code).await.unwrap_err();
    assert_eq!(failure.problem.code, "login_refused");

    // Ten minutes later the server has forgotten it; used once, it is used up.
    let login = oauth.begin(&door).await.unwrap();
    let code = consent(&login.authorize_url).await;
    sandbox.move_clock(700);
    assert_eq!(oauth.finish(&http, &login, &code).await.unwrap_err().problem.code, "login_refused");
    let login = oauth.begin(&door).await.unwrap();
    let code = consent(&login.authorize_url).await;
    oauth.finish(&http, &login, &code).await.unwrap();
    assert_eq!(oauth.finish(&http, &login, &code).await.unwrap_err().problem.code, "login_refused");
}

/// A server that is away while the code is exchanged is no refusal.
#[tokio::test]
async fn a_broken_exchange_is_not_called_a_refusal() {
    for fault in
        [FaultName::ServerErrorBefore, FaultName::HtmlPage, FaultName::TruncatedJson, FaultName::ResetBefore]
    {
        let (sandbox, login) = start(SystemClock::shared()).await;
        let address = login.authorize_url().to_owned();
        let only = FaultMatch { path_contains: Some("/oauth/token".into()), ..FaultMatch::default() };
        sandbox.add_fault(Platform::Mastodon, FaultRequest { only, ..FaultRequest::new(fault) }).await;
        let waiting = tokio::spawn(login.finish());
        press(&address, "allow").await;
        let failure = waiting.await.unwrap().unwrap_err();
        assert_eq!(failure.class, FailureClass::Retry, "{fault:?}: {failure:?}");
    }
}

/// Consents and returns the code without a listener.
pub async fn consent(authorize_url: &str) -> String {
    let fields: Vec<(String, String)> = url::Url::parse(authorize_url)
        .unwrap()
        .query_pairs()
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .chain([("decision".to_owned(), "allow".to_owned())])
        .collect();
    let target = authorize_url.split('?').next().unwrap().to_owned();
    let answer = Http::new().unwrap().client().post(target).form(&fields).send().await.unwrap();
    let back = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    back.query_pairs().find(|(key, _)| key == "code").unwrap().1.into_owned()
}
