//! Small stateful doubles of Facebook Pages, Instagram, Bluesky, Mastodon, Telegram, Threads,
//! Google Business Profile, Pinterest, LinkedIn and X, of providers of messages (OVHcloud SMS, a mail host,
//! Brevo, Twilio, Mailjet, SendGrid), and of the
//! owner's web site, on the loopback interface.
//!
//! They serve the practice mode ("mode répétition") and the tests: they keep what was posted, record every
//! request and can be told to fail. They know nothing of the engine and were written from the platforms'
//! own descriptions, so that a mistake of a connector is not mirrored here. They never bind anything but
//! 127.0.0.1 and never fetch an address outside the machine.

mod audience;
mod bluesky;
mod brevo;
/// Command line of the binary, callable by another program.
pub mod cli;
mod connection;
mod consent;
mod control;
mod deliver;
mod dispatch;
mod exchange;
mod facebook;
/// The catalogue of faults and the board that says which one is played next.
pub mod faults;
mod fetch;
mod google_business;
/// What customers receive.
pub mod inbox;
mod instagram;
mod linkedin;
mod mailjet;
mod mastodon;
mod media;
/// What a test or the practice page sees of a post.
pub mod objects;
/// Options and addresses of a running sandbox.
pub mod options;
mod ovh_sms;
mod pages;
mod persist;
mod pinterest;
/// The networks.
pub mod platform;
/// The request log, with secrets masked.
pub mod record;
/// Accounts, tokens and names known to every new sandbox.
pub mod seed;
mod sendgrid;
mod server;
mod smtp;
mod state;
mod table;
mod telegram;
mod threads;
mod twilio;
/// What visitors leave: comments, mentions, reviews.
pub mod visitors;
mod web_site;
mod x;

pub use faults::{Action, FaultMatch, FaultName, FaultParams, FaultRequest};
pub use objects::{MediaInfo, PublishedObject};
pub use options::{Addresses, Ports, SandboxOptions, Strict};
pub use platform::Platform;
pub use record::RecordedRequest;
pub use server::Sandbox;
pub use web_site::SiteFault;
