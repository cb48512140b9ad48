//! A promotion by e-mail and SMS to two customers who agreed: the whole way, to the practice mailbox and
//! the practice telephone.
//!
//! The program that this application takes over from wrote it like this:
//!
//! ```python
//! await orchestrator.send_notification(
//!     template="promotion_annonce",
//!     recipients=["client1@example.com", "+33612345678"],
//!     data={
//!         "promotion_name": "Happy Hour",
//!         "discount": "20%",
//!         "valid_until": "2025-04-20"
//!     },
//!     channels=["email", "sms"]
//! )
//! ```
//!
//! Here the same fields, with the same names, go to [`Orchestrator::notify`]: see [`happy_hour`]. What is
//! new is what comes back: for each recipient, whether the message is on its way, waits for the legal hours,
//! or is refused and why; and that a customer nobody knows gets nothing.
//!
//! It needs nothing: pretend providers on this computer and a temporary data folder. Run it with
//! `cargo run -p vieux-moulin-engine --example notification_automation`; it fails unless the e-mail was
//! accepted, the SMS was accepted or waits for its hours, and the stranger was left alone.
//!
//! [`Orchestrator::notify`]: vieux_moulin_engine::orchestrator::Orchestrator::notify

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, bail, ensure};
use jiff::{SignedDuration, tz::TimeZone};
use vieux_moulin_engine::{
    connections::NewAccount,
    connectors::Credentials,
    domain::{
        Channel, Contact, ContactDetails, DeliveryState, MailingId, Message,
        consent::{Basis, ConsentState, NewConsent},
    },
    engine::Engine,
    host::{HostOptions, Prepared},
    orchestrator::{By, NotifyRequest, RecipientOutcome},
    practice::SANDBOX_COMMAND,
    store::{consents, contacts, messages},
};
use vieux_moulin_sandbox::seed;

const MAILBOX: &str = "client1@example.com";
const TELEPHONE: &str = "+33612345678";
const STRANGER: &str = "inconnu@example.com";

/// From planning to the provider's yes.
const AT_MOST: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let result = match arguments.next() {
        // The practice providers run in a process of their own: this program, started again by the engine.
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

/// The request of the original example. Only the end of the offer differs, because that one is over; and
/// there is one recipient more, whom the house does not know.
fn happy_hour(valid_until: &str) -> NotifyRequest {
    NotifyRequest {
        template: "promotion_annonce".into(),
        recipients: vec![MAILBOX.into(), TELEPHONE.into(), STRANGER.into()],
        data: [("promotion_name", "Happy Hour"), ("discount", "20%"), ("valid_until", valid_until)]
            .into_iter()
            .collect(),
        channels: vec![Channel::Email, Channel::Sms],
        ..NotifyRequest::default()
    }
}

async fn example() -> anyhow::Result<()> {
    let data = tempfile::tempdir().context("No temporary folder")?;
    let house = r#"{ "messages": { "house_address": "1 route du Moulin, 33590 Vensac",
        "reply_to": "contact@levieuxmoulin.example", "sms_sender": "VIEUXMOULIN" } }"#;
    std::fs::write(data.path().join("settings.json"), house).context("The settings cannot be written")?;
    let options = HostOptions {
        data_dir: Some(data.path().to_owned()),
        port: Some(0),
        practice: true,
        without_demonstration: true,
        ..HostOptions::default()
    };
    // Starts the practice networks and providers.
    let host = Prepared::new(options)?.start().await?;
    let ended = notify(&host.engine).await;
    host.stop().await;
    ended
}

/// The accounts that send: the house's mailbox, and SMS by OVHcloud.
async fn connect(engine: &Engine) -> anyhow::Result<()> {
    let accounts = [
        (
            "smtp",
            vec![
                ("host", "127.0.0.1".to_owned()),
                ("from_address", seed::mail_address(1)),
                ("password", seed::mail_password(1)),
            ],
        ),
        (
            "ovh_sms",
            vec![
                ("application_key", seed::ovh_application_key(1)),
                ("application_secret", seed::ovh_application_secret(1)),
                ("consumer_key", seed::ovh_consumer_key(1)),
                ("sender", seed::OVH_SENDER.to_owned()),
            ],
        ),
    ];
    for (platform, fields) in accounts {
        let mut credentials = Credentials::default();
        for (key, value) in fields {
            credentials.set(key, value);
        }
        let new = NewAccount {
            platform: platform.into(),
            credentials,
            make_default: true,
            practice: true,
            ..NewAccount::default()
        };
        engine
            .connections
            .add(new, "example")
            .await
            .with_context(|| format!("{platform} is not connected"))?;
    }
    Ok(())
}

async fn notify(engine: &Engine) -> anyhow::Result<()> {
    connect(engine).await?;
    customer(engine, "Camille", Channel::Email, MAILBOX).await?;
    customer(engine, "Dominique", Channel::Sms, TELEPHONE).await?;
    let timezone = TimeZone::get(&engine.settings().house.timezone)?;
    let valid_until = (engine.clock.now() + SignedDuration::from_hours(24 * 30)).to_zoned(timezone).date();
    let by = By { actor: "api:example".into(), can_undo: false };
    let promise = engine.orchestrator.notify(happy_hour(&valid_until.to_string()), &by, None).await;
    // From here on it is on the disk: a power cut would not lose it.
    let promise = promise.map_err(|refusal| anyhow::anyhow!("Refused: {refusal:?}"))?;
    println!("mailing          {}", promise.mailing.id);
    for result in &promise.results {
        match &result.outcome {
            RecipientOutcome::Message(message) => println!("{:<20} {}", result.recipient, says(message)),
            RecipientOutcome::Refused(code) => println!("{:<20} refused ({code})", result.recipient),
            RecipientOutcome::Merged => println!("{:<20} merged", result.recipient),
        }
    }
    tokio::time::timeout(AT_MOST, follow(engine, &promise.mailing.id)).await.context("Not sent in time")?
}

fn says(message: &Message) -> String {
    let code = message.problem.as_ref().map(|problem| format!(" ({})", problem.code)).unwrap_or_default();
    let until = message.next_at.filter(|_| message.problem.is_some());
    let until = until.map(|at| format!(" until {at}")).unwrap_or_default();
    format!("{}{code}{until}", message.state.as_str())
}

/// Somebody who ticked the box on the paper card at the counter.
async fn customer(engine: &Engine, name: &str, channel: Channel, address: &str) -> anyhow::Result<()> {
    let mut details = ContactDetails { first_name: name.into(), ..ContactDetails::default() };
    match channel {
        Channel::Email => details.email = Some(address.into()),
        Channel::Sms => details.phone = Some(address.into()),
    }
    let now = engine.clock.now();
    let contact = Contact::new(details, "example", now);
    let consent = NewConsent {
        state: ConsentState::Granted,
        basis: Basis::Consent,
        wording_version: Some("carte-2026-1".into()),
        proof: Some("carte au comptoir".into()),
        ..NewConsent::withdrawal(contact.id.clone(), channel, now, "paper_card")
    };
    engine
        .store
        .write(move |tx| {
            contacts::insert(tx, &contact)?;
            consents::record(tx, &consent, now)
        })
        .await?;
    Ok(())
}

/// Waits until every message ended, or waits for its hours, and looks whether that is right.
async fn follow(engine: &Engine, mailing: &MailingId) -> anyhow::Result<()> {
    loop {
        let filter =
            messages::Filter { mailing: Some(mailing.clone()), limit: 10, ..messages::Filter::default() };
        let rows = engine.store.read(move |c| messages::list(c, &filter)).await?;
        let waits = |row: &Message| {
            row.state == DeliveryState::Queued
                && row.problem.as_ref().is_some_and(|problem| problem.code == "outside_legal_hours")
        };
        if rows.iter().all(|row| row.state.is_final() || waits(row)) {
            for row in &rows {
                println!("{:<20} {}", row.address, says(row));
                let is_right = match row.address.as_str() {
                    MAILBOX => row.state == DeliveryState::Published,
                    TELEPHONE => row.state == DeliveryState::Published || waits(row),
                    _ => row.state == DeliveryState::Rejected,
                };
                ensure!(is_right, "{} ended as {}", row.address, says(row));
            }
            ensure!(rows.len() == 3, "{} rows instead of three", rows.len());
            return Ok(());
        }
        if let Some(row) = rows.iter().find(|row| row.state == DeliveryState::Held) {
            bail!("{} waits for a person: {}", row.address, says(row));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
