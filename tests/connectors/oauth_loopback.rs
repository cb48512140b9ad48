//! Logging in with the browser: the listener takes one answer, the right one, and the code becomes a
//! token that works.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use vieux_moulin_engine::{
    clock::{FakeClock, SharedClock, SystemClock},
    connectors::{Http, oauth_loopback, registry::Registry},
};
use vieux_moulin_sandbox::{Sandbox, SandboxOptions};

async fn start(clock: SharedClock) -> (Sandbox, oauth_loopback::Login) {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let connector = Registry::standard().get("mastodon").unwrap().clone();
    let server = sandbox.addresses().mastodon.clone();
    let login = oauth_loopback::start(connector, Http::new().unwrap(), clock, &server).await.unwrap();
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
