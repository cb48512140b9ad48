//! The engine in this process, on a clock that the tests move, with platforms whose answers are written
//! down beforehand: every rule of the reliability requirements that needs no second process.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod consents;
mod conversations;
mod copies;
mod customers;
mod doubt;
mod edits;
mod expiries;
mod figures;
mod handover;
mod lanes;
mod last_moment;
mod late;
mod load;
mod meanwhile;
mod messages;
mod offline_day;
mod outcomes;
mod people;
mod planning;
mod poison;
mod removed;
mod restored;
mod schedules;
mod segments;
mod sleep;
mod store_trouble;
mod stuck;
mod templates;
mod unverified;
mod upgrades;
mod web_site;
