//! Figures of every network that tells them, against its double. Source of each expected request and answer:
//! the "Metrics" lines of the wire reference (1.9, 2.9, 3, 4.7, 5, 8.5, 11), named at each test.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::{
        Failure, FailureClass,
        insights::{AccountFigures, PostFigures, RefusedMetrics},
        registry::Registry,
    },
    domain::{
        Figures,
        figures::PublishedPost,
        formulas::{self, Subject},
    },
};
use vieux_moulin_sandbox::{FaultName, RecordedRequest};

use crate::support::{FIXTURES, Fixture, Scene, receipt};

fn fixture(id: &str) -> &'static Fixture {
    FIXTURES.iter().find(|fixture| fixture.id == id).unwrap()
}

/// A scene whose account published one post a day ago.
async fn published_yesterday(id: &str) -> (Scene, PublishedPost) {
    published_before(id, 24).await
}

async fn published_before(id: &str, hours: i64) -> (Scene, PublishedPost) {
    let mut scene = Scene::open(fixture(id)).await;
    let mut delivery = scene.post("Lamproie à la bordelaise");
    delivery.prepare(&scene.stage).await.unwrap();
    let sent = delivery.send(&scene.stage).await.unwrap();
    let post = PublishedPost { remote_id: receipt(&sent).remote_id.clone(), published_at: scene.stage.now() };
    move_on(&mut scene, hours);
    (scene, post)
}

/// So many hours pass, here and there.
fn move_on(scene: &mut Scene, hours: i64) {
    scene.stage.ahead += SignedDuration::from_hours(hours);
    scene.sandbox.move_clock(scene.stage.ahead.as_secs());
}

async fn ask_posts(scene: &Scene, posts: &[PublishedPost], refused: &[&str]) -> Result<PostFigures, Failure> {
    let credentials = scene.stage.vault.current.lock().unwrap().clone();
    let refused: RefusedMetrics = refused.iter().map(|name| (*name).to_owned()).collect();
    let insights = scene.stage.connector.insights().unwrap();
    insights.posts(&scene.stage.access(&credentials), posts, &refused).await
}

async fn ask_account(scene: &Scene) -> Result<AccountFigures, Failure> {
    let credentials = scene.stage.vault.current.lock().unwrap().clone();
    let insights = scene.stage.connector.insights().unwrap();
    insights.account(&scene.stage.access(&credentials), &RefusedMetrics::new()).await
}

fn figures_of(id: &str, post: &PublishedPost, answer: &PostFigures) -> Figures {
    formulas::figures(id, Subject::Post, answer.by_remote_id.get(&post.remote_id).unwrap())
}

fn requests_to(scene: &Scene, part: &str) -> Vec<RecordedRequest> {
    let mut requests = scene.sandbox.requests(scene.fixture.platform);
    requests.retain(|request| request.path.contains(part));
    requests
}

fn metrics(requests: &[RecordedRequest]) -> BTreeSet<String> {
    requests.iter().filter_map(|request| request.query.get("metric")?.as_str().map(str::to_owned)).collect()
}

#[test]
fn what_the_descriptor_says_is_what_there_is() {
    for connector in Registry::standard().iter() {
        let facts = connector.descriptor();
        assert_eq!(facts.capabilities.metrics, connector.insights().is_some(), "{}", facts.id);
    }
}

/// Every network: the measures that it has grow with time, the others are absent.
#[tokio::test]
async fn each_network_tells_what_it_counts_and_nothing_else() {
    for (id, absent) in [
        ("facebook", &["saves", "followers"][..]),
        ("instagram", &["clicks", "followers"]),
        ("threads", &["reach", "saves", "clicks", "followers"]),
        ("bluesky", &["views", "reach", "clicks", "followers"]),
        ("mastodon", &["views", "reach", "saves", "clicks", "followers"]),
        ("pinterest", &["reach", "shares", "followers"]),
        ("linkedin", &["saves", "followers"]),
        ("x", &["reach", "clicks", "followers"]),
    ] {
        let (mut scene, post) = published_before(id, 6).await;
        let posts = std::slice::from_ref(&post);
        let first = figures_of(id, &post, &ask_posts(&scene, posts, &[]).await.unwrap());
        let json = serde_json::to_value(first).unwrap();
        let missing: BTreeSet<&str> = json
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, v)| v.is_null())
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(missing, absent.iter().copied().collect(), "{id}");
        assert!(first.likes.unwrap() > 0, "{id}");
        move_on(&mut scene, 48);
        let second = figures_of(id, &post, &ask_posts(&scene, posts, &[]).await.unwrap());
        assert!(second.likes > first.likes, "{id}");
        let account = ask_account(&scene).await.unwrap();
        let followers = formulas::figures(id, Subject::Account, &account.now).followers;
        assert!(followers.unwrap() > 0, "{id}");
    }
}

/// A post that was taken down is refused as content: the account is well.
#[tokio::test]
async fn a_post_that_is_gone_says_nothing_about_the_account() {
    for id in ["facebook", "instagram", "threads", "mastodon", "pinterest"] {
        let (scene, mut post) = published_yesterday(id).await;
        let last = post.remote_id.pop().unwrap();
        post.remote_id.push(if last == '9' { '8' } else { '9' });
        let failure = ask_posts(&scene, &[post], &[]).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Content, "{id}: {failure:?}");
    }
}

/// Trouble of the network is an account's trouble, and never taken for an answer.
#[tokio::test]
async fn an_unreadable_answer_is_no_figure() {
    for connector in Registry::standard().iter().filter(|connector| connector.insights().is_some()) {
        let scene = Scene::open(fixture(connector.descriptor().id)).await;
        for fault in [FaultName::HtmlPage, FaultName::TruncatedJson, FaultName::ServerErrorBefore] {
            scene.fault(fault).await;
            let failure = ask_account(&scene).await.unwrap_err();
            let class = failure.class;
            assert!(
                matches!(class, FailureClass::Retry | FailureClass::Unknown),
                "{} {fault:?}: {failure:?}",
                scene.fixture.id
            );
        }
    }
}

/// 1.9: "request metrics one by one, drop the ones answering 100 and remember it"; section 13, row 21.
#[tokio::test]
async fn facebook_is_asked_one_metric_at_a_time_and_a_refused_one_takes_no_other_with_it() {
    let (scene, post) = published_yesterday("facebook").await;
    let posts = std::slice::from_ref(&post);
    ask_posts(&scene, posts, &[]).await.unwrap();
    let asked = requests_to(&scene, "/insights");
    let names = ["post_clicks", "post_media_view", "post_total_media_view_unique"];
    assert_eq!(metrics(&asked), names.map(str::to_owned).into());
    assert!(asked.iter().all(|request| request.path == format!("/v26.0/{}/insights", post.remote_id)));

    let answer = ask_posts(&scene, posts, &["post_clicks"]).await.unwrap();
    let again = requests_to(&scene, "/insights").split_off(asked.len());
    assert_eq!(again.len(), 2);
    assert!(!metrics(&again).contains("post_clicks"));
    let figures = figures_of("facebook", &post, &answer);
    assert!(figures.clicks.is_none() && figures.views.is_some() && figures.likes.is_some());
}

/// 1.9: fields `shares`, `comments.summary(true).limit(0)`, `reactions.summary(true).limit(0)`; a post that
/// nobody has shared has no `shares`.
#[tokio::test]
async fn facebook_leaves_out_shares_while_there_are_none() {
    let scene = Scene::open(fixture("facebook")).await;
    let mut delivery = scene.post("À l’instant");
    delivery.prepare(&scene.stage).await.unwrap();
    let sent = delivery.send(&scene.stage).await.unwrap();
    let post = PublishedPost { remote_id: receipt(&sent).remote_id.clone(), published_at: scene.stage.now() };
    let answer = ask_posts(&scene, std::slice::from_ref(&post), &[]).await.unwrap();
    let figures = figures_of("facebook", &post, &answer);
    assert_eq!((figures.shares, figures.comments, figures.likes), (None, Some(0), Some(0)));
}

/// 1.9: `GET /{page-id}/insights?metric=…&period=day&since&until`, `followers_count` a field of the Page.
#[tokio::test]
async fn facebook_counts_the_days_of_the_page() {
    let (mut scene, _) = published_yesterday("facebook").await;
    move_on(&mut scene, 24);
    let answer = ask_account(&scene).await.unwrap();
    assert!(answer.days.len() >= 2, "{answer:?}");
    assert!(answer.days.values().all(|day| day.get("page_media_view.organic").is_some()));
    let request = requests_to(&scene, "/insights").pop().unwrap();
    assert_eq!(request.query["period"], "day");
    assert!(answer.refused.is_empty());
}

/// 2.9: the `views` family in one call; `impressions` is dead.
#[tokio::test]
async fn instagram_is_asked_for_views_in_one_call() {
    let (scene, post) = published_yesterday("instagram").await;
    ask_posts(&scene, &[post], &[]).await.unwrap();
    let asked = requests_to(&scene, "/insights");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].query["metric"], "views,reach,likes,comments,shares,saved,total_interactions");
}

/// 2.9: account metrics with `metric_type=total_value`, one number for each window; the last three days.
#[tokio::test]
async fn instagram_tells_one_number_for_each_of_the_last_three_days() {
    let (scene, _) = published_yesterday("instagram").await;
    let answer = ask_account(&scene).await.unwrap();
    assert_eq!(answer.days.len(), 3);
    let asked = requests_to(&scene, "/insights");
    assert!(asked.iter().all(|request| request.query["metric_type"] == "total_value"));
    let windows: BTreeSet<_> = asked.iter().map(|request| request.query["since"].to_string()).collect();
    assert_eq!(windows.len(), 3);
}

/// 4.7: `app.bsky.feed.getPosts?uris=` with up to 25 addresses; unknown ones are left out of the answer.
#[tokio::test]
async fn bluesky_is_asked_about_many_posts_at_once() {
    let (scene, post) = published_yesterday("bluesky").await;
    let mut gone = post.clone();
    gone.remote_id = format!("{}2222222222222", &post.remote_id[..post.remote_id.len() - 13]);
    let answer = ask_posts(&scene, &[post.clone(), gone], &[]).await.unwrap();
    assert_eq!(answer.by_remote_id.keys().collect::<Vec<_>>(), [&post.remote_id]);
    let asked = requests_to(&scene, "app.bsky.feed.getPosts");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].query["uris"].as_array().unwrap().len(), 2);
    assert_eq!(scene.stage.connector.insights().unwrap().batch(), 25);
}

/// 6.7: `organizationalEntityShareStatistics?q=organizationalEntity&…&shares=List(urn,…)`, the colons of a
/// name encoded, brackets and commas not; what LinkedIn does not know is left out.
#[tokio::test]
async fn linkedin_is_asked_about_several_posts_at_once() {
    let (scene, post) = published_yesterday("linkedin").await;
    let mut gone = post.clone();
    gone.remote_id.push('9');
    let answer = ask_posts(&scene, &[post.clone(), gone], &[]).await.unwrap();
    assert_eq!(answer.by_remote_id.keys().collect::<Vec<_>>(), [&post.remote_id]);
    let asked = requests_to(&scene, "organizationalEntityShareStatistics");
    assert_eq!(asked.len(), 1);
    let list = asked[0].query.get("shares").or_else(|| asked[0].query.get("ugcPosts")).unwrap();
    assert!(list.as_str().unwrap().starts_with("List(urn:li:"), "{list}");
    assert_eq!(asked[0].query["q"], "organizationalEntity");
}

/// 7: `GET /2/tweets?ids=…&tweet.fields=public_metrics`; nothing is asked without a yes to the price.
#[tokio::test]
async fn x_is_asked_in_one_call_and_only_after_a_yes_to_the_price() {
    let (scene, post) = published_yesterday("x").await;
    let mut gone = post.clone();
    gone.remote_id.push('9');
    let answer = ask_posts(&scene, &[post.clone(), gone.clone()], &[]).await.unwrap();
    assert_eq!(answer.by_remote_id.keys().collect::<Vec<_>>(), [&post.remote_id]);
    let none = ask_posts(&scene, &[gone], &[]).await.unwrap();
    assert!(none.by_remote_id.is_empty());
    let mut asked = requests_to(&scene, "/2/tweets");
    asked.retain(|request| request.method == "GET");
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].query["tweet.fields"], "public_metrics");
    scene.stage.vault.current.lock().unwrap().set("cost_accepted", "");
    let failure = ask_posts(&scene, &[post], &[]).await.unwrap_err();
    assert_eq!(failure.problem.code, "cost_not_accepted");
}

/// 8.5: `fetchMultiDailyMetricsTimeSeries`; nothing for single posts; the last days are not counted yet.
#[tokio::test]
async fn google_tells_the_days_of_the_profile() {
    let scene = Scene::open(fixture("google_business")).await;
    let insights = scene.stage.connector.insights().unwrap();
    assert!(!insights.tells_posts());
    let answer = ask_account(&scene).await.unwrap();
    assert!((7..=9).contains(&answer.days.len()), "{:?}", answer.days.keys());
    for day in answer.days.values() {
        let figures = formulas::figures("google_business", Subject::Account, day);
        assert!(figures.views.is_some() && figures.clicks.is_some());
        assert_eq!(day.get("BUSINESS_CONVERSATIONS"), Some(0), "listed without a value");
    }
    let request = requests_to(&scene, "fetchMultiDailyMetricsTimeSeries").pop().unwrap();
    assert_eq!(request.method, "GET");
    assert_eq!(request.query["dailyMetrics"].as_array().unwrap().len(), 8);
}

/// 11: at most 90 days back, whatever the age of the pin.
#[tokio::test]
async fn pinterest_is_never_asked_further_back_than_it_answers() {
    let (mut scene, post) = published_yesterday("pinterest").await;
    move_on(&mut scene, 24 * 120);
    ask_posts(&scene, &[post], &[]).await.unwrap();
    let account = ask_account(&scene).await.unwrap();
    assert!(!account.days.is_empty() && account.days.len() < 6, "days that are not READY are left out");
}
