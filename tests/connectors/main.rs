//! What every connector promises, tried against doubles, the vendors' own descriptions and real servers.
#![allow(clippy::unwrap_used)]

mod between;
mod bluesky;
mod bluesky_lexicon;
mod bounces;
mod brevo;
mod certificates;
mod contract;
mod facebook;
mod facebook_comments;
mod google_business;
mod google_reviews;
mod google_strict;
mod hostile;
mod insights;
mod instagram;
mod linkedin;
mod mailjet;
mod mastodon;
mod mastodon_strict;
mod media_host;
mod oauth_loopback;
mod ovh_sms;
mod pinterest;
mod providers;
mod providers_strict;
mod sendgrid;
mod smtp;
mod smtp_replies;
mod smtp_stage;
mod strict;
mod support;
mod telegram;
mod threads;
mod twilio;
mod x;
