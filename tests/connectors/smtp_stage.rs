//! What the tests of mail share: one account, one letter, and the calls of the sending loop in their order.

use jiff::Timestamp;
use serde_json::Value;
use vieux_moulin_engine::{
    connectors::{
        Credentials, Failure, Messenger,
        messenger::{Accepted, MessageJob, MessageSession, ReportRequest, Reports},
        registry::Registry,
    },
    domain::{MessageId, OutgoingEmail, OutgoingMessage, Purpose},
};
use vieux_moulin_sandbox::seed;

use crate::support::Stage;

pub const CLIENT: &str = "claire.martin@client.example";

pub fn fields() -> Vec<(&'static str, String)> {
    vec![
        ("from_address", seed::mail_address(1)),
        ("from_name", "Le Vieux Moulin".to_owned()),
        ("host", "127.0.0.1".to_owned()),
        ("password", seed::mail_password(1)),
    ]
}

pub fn stage(base: &str) -> Stage {
    Stage::new(Registry::standard().get("smtp").unwrap().clone(), base, &fields())
}

/// One mail to one person.
pub struct Letter {
    pub id: MessageId,
    pub message: OutgoingMessage,
    pub purpose: Purpose,
    pub created_at: Timestamp,
}

impl Letter {
    pub fn to(address: &str) -> Self {
        let id = MessageId::new();
        let stop = format!("<mailto:{}?subject=desabonnement%20{id}>", seed::mail_address(1));
        let email = OutgoingEmail {
            from_name: "Le Vieux Moulin".to_owned(),
            from_address: seed::mail_address(1),
            reply_to: None,
            to_name: Some("Claire Martin".to_owned()),
            to_address: address.to_owned(),
            subject: "Samedi : menu du marché à 25 € 🍳".to_owned(),
            html: "<p>Bonjour Claire,</p>\n<p>.</p>\n<p>Menu à 25 €.</p>".to_owned(),
            text: "Bonjour Claire,\n.\nMenu à 25 €.".to_owned(),
            message_id: format!("{id}@levieuxmoulin.example"),
            headers: vec![("List-Unsubscribe".to_owned(), stop)],
        };
        Self {
            id,
            message: OutgoingMessage::Email(email),
            purpose: Purpose::Marketing,
            created_at: Timestamp::now(),
        }
    }

    pub fn email(&mut self) -> &mut OutgoingEmail {
        match &mut self.message {
            OutgoingMessage::Email(email) => email,
            OutgoingMessage::Sms(_) => unreachable!(),
        }
    }

    pub fn job(&self) -> MessageJob<'_> {
        MessageJob {
            id: &self.id,
            mailing_id: "0190d3f0-0000-7000-8000-00000000abcd",
            purpose: self.purpose,
            message: &self.message,
            created_at: self.created_at,
            first_sent_at: None,
            lookups: 0,
        }
    }
}

pub fn credentials(stage: &Stage) -> Credentials {
    stage.vault.current.lock().unwrap().clone()
}

pub fn messenger(stage: &Stage) -> &dyn Messenger {
    stage.connector.messenger().unwrap()
}

pub async fn open(stage: &Stage) -> Result<Box<dyn MessageSession>, Failure> {
    let credentials = credentials(stage);
    messenger(stage).open(&stage.access(&credentials)).await
}

pub async fn send_by(
    stage: &Stage,
    way: &mut dyn MessageSession,
    letter: &Letter,
) -> Result<Accepted, Failure> {
    let credentials = credentials(stage);
    way.offer(&stage.access(&credentials), &letter.job()).await?;
    way.send(&stage.access(&credentials), &letter.job()).await
}

pub async fn send(stage: &Stage, letter: &Letter) -> Result<Accepted, Failure> {
    let mut way = open(stage).await?;
    send_by(stage, &mut *way, letter).await
}

pub async fn read(stage: &Stage, marks: Value) -> Result<Reports, Failure> {
    let credentials = credentials(stage);
    let request = ReportRequest { marks, ..ReportRequest::default() };
    messenger(stage).report(&stage.access(&credentials), &request).await
}
