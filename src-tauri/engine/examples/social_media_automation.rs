//! One photograph on Facebook and Instagram at a given time: the whole way, on the practice networks.
//!
//! The program that this application takes over from wrote it like this:
//!
//! ```python
//! await orchestrator.publish_to_social_media(
//!     content={
//!         "title": "Notre pizza du jour : La Méditerranéenne !",
//!         "body": "Venez déguster notre pizza spéciale du jour...",
//!         "media_url": "https://example.com/images/pizza_med.jpg",
//!         "hashtags": ["pizza", "vieuxmoulin", "vensac"]
//!     },
//!     platforms=["facebook", "instagram"],
//!     scheduled_time="2025-04-15T18:30:00"
//! )
//! ```
//!
//! Here the same fields, with the same names, go to [`Orchestrator::publish`]: see [`pizza_of_the_day`].
//! What is new is what comes back: a promise that was written to the disk, one delivery per network, and
//! at the end an id and an address for each.
//!
//! It needs nothing: pretend networks on this computer, a temporary data folder, a picture served by the
//! program itself. It deliberately shows no real account; the README says how to connect one. Run it
//! with `cargo run -p vieux-moulin-engine --example social_media_automation`; it fails unless both posts
//! were published.
//!
//! [`Orchestrator::publish`]: vieux_moulin_engine::orchestrator::Orchestrator::publish

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, bail, ensure};
use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use vieux_moulin_engine::{
    domain::{ContentKind, DeliveryState, PostContent},
    engine::Engine,
    host::{HostOptions, Prepared},
    orchestrator::{By, PublishRequest, Published},
    practice::SANDBOX_COMMAND,
    store::deliveries,
};

const PHOTO: &[u8] = include_bytes!("../../../tests/fixtures/media/plat-du-jour.jpg");

/// How far ahead the example plans.
const AHEAD: SignedDuration = SignedDuration::from_secs(5);

/// From planning to both publications: the time ahead, two uploads, Instagram's own processing.
const AT_MOST: Duration = Duration::from_secs(90);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let result = match arguments.next() {
        // The practice networks run in a process of their own: this program, started again by the engine.
        Some(command) if command == SANDBOX_COMMAND => {
            let own_name = std::iter::once("moulin-sandbox".to_owned());
            vieux_moulin_sandbox::cli::run_cli(own_name.chain(arguments))
        }
        _ => {
            tokio::runtime::Runtime::new().map_err(anyhow::Error::from).and_then(|rt| rt.block_on(example()))
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The content of the original example. Only the picture's address and the time differ: this one exists,
/// and that one is in the future.
fn pizza_of_the_day(media_url: String, scheduled_time: String) -> PublishRequest {
    PublishRequest {
        content: PostContent {
            title: Some("Notre pizza du jour : La Méditerranéenne !".into()),
            body: "Venez déguster notre pizza spéciale du jour...".into(),
            media_url: Some(media_url),
            hashtags: vec!["pizza".into(), "vieuxmoulin".into(), "vensac".into()],
            // New: people who cannot see the picture know what is on the plate.
            alt_text: Some("Une pizza aux légumes du soleil, sur une table en bois.".into()),
            ..PostContent::default()
        },
        platforms: vec!["facebook".into(), "instagram".into()],
        scheduled_time: Some(scheduled_time),
        // New: a dish of the day that could not leave before the end of the service is not sent at all.
        kind: ContentKind::DishOfTheDay,
        ..PublishRequest::default()
    }
}

async fn example() -> anyhow::Result<()> {
    let data = tempfile::tempdir().context("No temporary folder")?;
    let options = HostOptions {
        data_dir: Some(data.path().to_owned()),
        port: Some(0),
        practice: true,
        without_demonstration: true,
        ..HostOptions::default()
    };
    // Starts the practice networks and connects an account on each.
    let host = Prepared::new(options)?.start().await?;
    let ended = publish(&host.engine).await;
    host.stop().await;
    ended
}

async fn publish(engine: &Engine) -> anyhow::Result<()> {
    let media_url = serve_photo().await?;
    let timezone = TimeZone::get(&engine.settings().house.timezone)?;
    let due_at = engine.clock.now() + AHEAD;
    // As in the original: the time on the clock of the house, without an offset.
    let scheduled_time = due_at.to_zoned(timezone).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    println!("scheduled_time  {scheduled_time}\nmedia_url       {media_url}");

    let request = pizza_of_the_day(media_url, scheduled_time);
    let by = By { actor: "api:example".into(), can_undo: false };
    let promise = engine.orchestrator.publish(request, &by, None).await;
    // From here on it is on the disk: a power cut would not lose it.
    let promise = promise.map_err(|refusal| anyhow::anyhow!("Refused: {refusal:?}"))?;
    println!("post            {}", promise.post.id);
    for warning in &promise.warnings {
        println!("warning         {} ({})", warning.code, warning.subject);
    }
    ensure!(promise.deliveries.len() == 2, "Planned for {} networks", promise.deliveries.len());
    tokio::time::timeout(AT_MOST, follow(engine, &promise)).await.context("Not published in time")?
}

/// Waits until every delivery ended and prints what came of it.
async fn follow(engine: &Engine, promise: &Published) -> anyhow::Result<()> {
    let planned_at = promise.post.schedule.as_ref().map(|schedule| schedule.at);
    loop {
        let id = promise.post.id.clone();
        let now = engine.store.read(move |c| deliveries::of_post(c, &id)).await?;
        if now.iter().all(|delivery| delivery.state.is_final()) {
            for delivery in now {
                let (id, permalink) = (delivery.remote_id.as_deref(), delivery.permalink.as_deref());
                let state = delivery.state;
                println!("{:<15} {} {}", delivery.platform, id.unwrap_or("-"), permalink.unwrap_or("-"));
                if state != DeliveryState::Published || id.is_none() || permalink.is_none() {
                    bail!("{} ended as {}: {:?}", delivery.platform, state.as_str(), delivery.problem);
                }
                let early =
                    delivery.sent_at.zip(planned_at).is_some_and(|(sent, due): (Timestamp, _)| sent < due);
                ensure!(!early, "{} was published before its time", delivery.platform);
            }
            return Ok(());
        }
        if let Some(stuck) = now
            .iter()
            .find(|delivery| matches!(delivery.state, DeliveryState::Held | DeliveryState::NeedsReauth))
        {
            bail!("{} waits for a person: {:?}", stuck.platform, stuck.problem);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Serves the photograph as a web site would. Practice mode accepts an address of this computer.
async fn serve_photo() -> anyhow::Result<String> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.context("No free port")?;
    let address = listener.local_addr()?;
    let photo = get(|| async { ([(CONTENT_TYPE, "image/jpeg")], PHOTO) });
    let site = Router::new().route("/images/pizza_med.jpg", photo);
    tokio::spawn(async move { axum::serve(listener, site).await });
    Ok(format!("http://{address}/images/pizza_med.jpg"))
}
