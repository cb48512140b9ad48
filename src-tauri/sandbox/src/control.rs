//! The control listener: what tests ask, and the switches for a person.
//!
//! Only calls from this machine's own address are taken, and a browser page of another origin cannot
//! change anything.

use std::sync::Arc;

use axum::{
    Form, Json, Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, Method, StatusCode},
    middleware::{self, Next},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{any, delete, get, patch, post},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    exchange::{Answer, Call},
    faults::{FaultName, FaultRequest},
    inbox::Message,
    objects::{ObjectState, PublishedObject},
    pages,
    platform::Platform,
    state::World,
    visitors::{Change, Remark, Visit},
    web_site,
};

type Shared = State<Arc<World>>;

/// A refusal of the control API.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

/// All routes of the control listener.
pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/", get(show_index))
        .route("/pannes", get(show_faults).post(switch_fault))
        .route("/messages", get(show_messages))
        .route("/visiteurs", get(show_visitors).post(visit_by_form))
        .route("/portail", get(async || Html(pages::portal())))
        .route("/control/health", get(health))
        .route("/control/reset", post(reset))
        .route("/control/clock", get(read_clock).post(move_clock))
        .route(web_site::ROOT, any(serve_site))
        .route(&format!("{}/", web_site::ROOT), any(serve_site))
        .route(&format!("{}/{{*path}}", web_site::ROOT), any(serve_site))
        .route("/control/site", get(read_site).put(switch_site_fault))
        .route("/control/{platform}/objects", get(list_objects))
        .route("/control/{platform}/messages", get(list_messages))
        .route("/control/{platform}/requests", get(list_requests).delete(clear_requests))
        .route("/control/{platform}/faults", get(list_faults).post(add_fault).delete(clear_faults))
        .route("/control/{platform}/faults/{id}", delete(remove_fault))
        .route("/control/{platform}/visitors", get(list_remarks).post(visit))
        .route("/control/{platform}/visitors/{id}", patch(change_remark))
        .route("/control/{platform}/media/{id}", get(read_media))
        .layer(middleware::from_fn_with_state(Arc::clone(&world), guard))
        .with_state(world)
}

/// Refuses other host names (a foreign page that points its name here) and foreign origins.
async fn guard(State(world): Shared, request: Request, next: Next) -> Response {
    if is_own(&world, request.method(), request.headers()) {
        return next.run(request).await;
    }
    Refused(StatusCode::FORBIDDEN, "Only this machine's own pages may ask".to_owned()).into_response()
}

fn is_own(world: &World, method: &Method, headers: &HeaderMap) -> bool {
    let own = world.addresses().control.clone();
    let named = own.replace("127.0.0.1", "localhost");
    let fits = |name: &str, prefix: &str| {
        headers.get(name).is_none_or(|value| {
            let address = format!("{prefix}{}", value.to_str().unwrap_or("?"));
            address == own || address == named
        })
    };
    fits("host", "http://") && (*method == Method::GET || fits("origin", ""))
}

fn platform(name: &str) -> Result<Platform, Refused> {
    Platform::from_name(name)
        .ok_or_else(|| Refused(StatusCode::NOT_FOUND, format!("There is no network named {name}")))
}

/// The owner's web site; a body that cannot be read is refused as such.
async fn serve_site(State(world): Shared, request: Request) -> Response {
    let answer = match Call::read(request).await {
        Ok(call) => {
            let answer = web_site::answer(&world, &call);
            if call.method != Method::GET {
                world.touch();
            }
            answer
        }
        Err(_) => Answer::html(400, String::new()),
    };
    let mut response = Response::new(axum::body::Body::from(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

#[derive(Deserialize)]
struct SiteSwitch {
    fault: Option<web_site::SiteFault>,
}

async fn read_site(State(world): Shared) -> impl IntoResponse {
    let site = world.site();
    let files: Vec<&str> = site.paths().collect();
    Json(json!({"files": files, "requests": site.requests, "fault": site.fault}))
}

async fn switch_site_fault(State(world): Shared, Json(switch): Json<SiteSwitch>) -> StatusCode {
    world.site().fault = switch.fault;
    StatusCode::NO_CONTENT
}

async fn show_index(State(world): Shared) -> Html<String> {
    Html(pages::index(&world))
}

async fn show_messages(State(world): Shared) -> Html<String> {
    Html(pages::messages::page(&world, None))
}

async fn show_faults(State(world): Shared) -> Html<String> {
    Html(pages::fault_page(&world))
}

#[derive(Deserialize)]
struct SwitchForm {
    #[serde(rename = "switch")]
    wanted: String,
    #[serde(default)]
    platform: String,
    fault: Option<FaultName>,
}

async fn switch_fault(State(world): Shared, Form(form): Form<SwitchForm>) -> Result<Redirect, Refused> {
    if form.wanted == "all_off" {
        for platform in Platform::ALL {
            world.remove_faults(platform, None).await;
        }
        return Ok(Redirect::to("/pannes"));
    }
    let platform = platform(&form.platform)?;
    let fault =
        form.fault.ok_or_else(|| Refused(StatusCode::BAD_REQUEST, "The fault is missing".to_owned()))?;
    world.board(platform).remove_named(fault);
    if form.wanted == "on" {
        let mut request = FaultRequest::new(fault);
        request.times = 0;
        world.add_fault(platform, request).await;
    } else {
        world.settle_gate(platform).await;
    }
    Ok(Redirect::to("/pannes"))
}

async fn health(State(world): Shared) -> impl IntoResponse {
    let open: serde_json::Map<_, _> = Platform::ALL
        .into_iter()
        .map(|platform| {
            let is_open = *world.gate(platform).is_open.borrow();
            (platform.name().to_owned(), json!(is_open))
        })
        .collect();
    Json(json!({"status": "up", "listening": open, "addresses": world.addresses()}))
}

async fn reset(State(world): Shared) -> StatusCode {
    world.reset().await;
    StatusCode::NO_CONTENT
}

#[derive(Serialize)]
struct Clock {
    now: Timestamp,
    offset_secs: i64,
}

fn clock(world: &World) -> Json<Clock> {
    Json(Clock { now: world.now(), offset_secs: world.clock_offset_secs() })
}

async fn read_clock(State(world): Shared) -> Json<Clock> {
    clock(&world)
}

/// Which clock the `Date` header follows.
#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "snake_case")]
enum DateHeader {
    /// The sandbox's clock.
    #[default]
    Follow,
    /// The machine's clock.
    Real,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    offset_secs: Option<i64>,
    now: Option<Timestamp>,
    #[serde(default)]
    date_header: DateHeader,
}

async fn move_clock(State(world): Shared, Json(change): Json<ClockChange>) -> Result<Json<Clock>, Refused> {
    let offset_ms = match (change.offset_secs, change.now) {
        (Some(secs), None) => secs.saturating_mul(1000),
        (None, Some(now)) => now.as_millisecond().saturating_sub(Timestamp::now().as_millisecond()),
        _ => {
            return Err(Refused(StatusCode::BAD_REQUEST, "Either offset_secs or now is needed".to_owned()));
        }
    };
    world.set_clock(offset_ms, change.date_header == DateHeader::Real);
    Ok(clock(&world))
}

#[derive(Deserialize)]
struct ObjectFilter {
    /// A state, or `all`; without it everything but deleted posts.
    state: Option<String>,
    account: Option<String>,
}

async fn list_objects(
    State(world): Shared,
    Path(name): Path<String>,
    Query(filter): Query<ObjectFilter>,
) -> Result<Json<Vec<PublishedObject>>, Refused> {
    let mut objects = world.objects(platform(&name)?);
    objects.retain(|object| {
        let state_fits = match filter.state.as_deref() {
            None => object.state != ObjectState::Deleted,
            Some("all") => true,
            Some(state) => object.state.name() == state,
        };
        state_fits && filter.account.as_ref().is_none_or(|account| *account == object.account)
    });
    Ok(Json(objects))
}

/// What a provider accepted, oldest first.
async fn list_messages(State(world): Shared, Path(name): Path<String>) -> Result<Response, Refused> {
    let platform = platform(&name)?;
    let inbox = world.inbox();
    let messages: Vec<&Message> = inbox.of(platform).filter(|message| !message.to.is_empty()).collect();
    Ok(Json(messages).into_response())
}

#[derive(Deserialize)]
struct RequestFilter {
    /// Only entries after this number.
    #[serde(default)]
    after_seq: u64,
}

async fn list_requests(
    State(world): Shared,
    Path(name): Path<String>,
    Query(filter): Query<RequestFilter>,
) -> Result<Response, Refused> {
    let mut requests = world.log(platform(&name)?).list();
    requests.retain(|request| request.seq > filter.after_seq);
    Ok(Json(requests).into_response())
}

async fn clear_requests(State(world): Shared, Path(name): Path<String>) -> Result<StatusCode, Refused> {
    world.log(platform(&name)?).clear();
    Ok(StatusCode::NO_CONTENT)
}

async fn list_faults(State(world): Shared, Path(name): Path<String>) -> Result<Response, Refused> {
    Ok(Json(world.board(platform(&name)?).list()).into_response())
}

async fn add_fault(
    State(world): Shared,
    Path(name): Path<String>,
    Json(request): Json<FaultRequest>,
) -> Result<Response, Refused> {
    let id = world.add_fault(platform(&name)?, request).await;
    Ok((StatusCode::CREATED, Json(json!({"id": id}))).into_response())
}

async fn clear_faults(State(world): Shared, Path(name): Path<String>) -> Result<StatusCode, Refused> {
    world.remove_faults(platform(&name)?, None).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_fault(
    State(world): Shared,
    Path((name, id)): Path<(String, u64)>,
) -> Result<StatusCode, Refused> {
    match world.remove_faults(platform(&name)?, Some(id)).await {
        0 => Err(Refused(StatusCode::NOT_FOUND, format!("There is no fault {id}"))),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

async fn show_visitors(State(world): Shared) -> Html<String> {
    Html(pages::visitors::visitor_page(&world))
}

#[derive(Deserialize)]
struct VisitForm {
    platform: String,
    author: String,
    text: String,
    stars: u8,
}

async fn visit_by_form(State(world): Shared, Form(form): Form<VisitForm>) -> Result<Redirect, Refused> {
    let platform = platform(&form.platform)?;
    let mut visit = Visit::saying(&form.author, &form.text);
    if platform == Platform::GoogleBusiness {
        visit.stars = Some(form.stars);
    }
    world.visit(platform, visit);
    Ok(Redirect::to("/visiteurs"))
}

async fn list_remarks(State(world): Shared, Path(name): Path<String>) -> Result<Json<Vec<Remark>>, Refused> {
    Ok(Json(world.remarks(platform(&name)?)))
}

async fn visit(
    State(world): Shared,
    Path(name): Path<String>,
    Json(visit): Json<Visit>,
) -> Result<Response, Refused> {
    let platform = platform(&name)?;
    if !pages::visitors::TALKING.contains(&platform) {
        return Err(Refused(StatusCode::BAD_REQUEST, format!("Nobody can say anything on {name} here")));
    }
    Ok((StatusCode::CREATED, Json(world.visit(platform, visit))).into_response())
}

async fn change_remark(
    State(world): Shared,
    Path((name, id)): Path<(String, String)>,
    Json(change): Json<Change>,
) -> Result<Json<Remark>, Refused> {
    let changed = world.change_remark(platform(&name)?, &id, &change);
    changed.map(Json).ok_or_else(|| Refused(StatusCode::NOT_FOUND, format!("There is no remark {id}")))
}

/// Bytes of a picture, by its SHA-256 or by the network's id.
async fn read_media(
    State(world): Shared,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Refused> {
    let platform = platform(&name)?;
    let found = world
        .objects(platform)
        .into_iter()
        .flat_map(|object| object.media)
        .find(|media| media.sha256 == id || media.id == id);
    let bytes = found.and_then(|media| Some((world.blobs.get(&media.sha256)?, media.mime)));
    let Some((bytes, mime)) = bytes else {
        return Err(Refused(StatusCode::NOT_FOUND, "There is no such picture".to_owned()));
    };
    let answer = Answer::bytes(200, &mime, bytes);
    let headers: HeaderMap = answer.headers;
    Ok((answer.status, headers, answer.body).into_response())
}
