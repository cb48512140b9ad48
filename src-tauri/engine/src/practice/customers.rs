//! Pretend customers: two hundred people who never were, with visits, dishes, tags and what they agreed to.
//! Addresses end in `.example`, numbers are of the ranges that ARCEP keeps for fiction. The same people every
//! time.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        Channel, Contact, ContactDetails,
        consent::{Basis, ConsentState, NewConsent},
        contact::fold,
    },
    engine::Engine,
    store::{
        StoreError, Tx, consents, contact_imports,
        contacts::{self, Visit},
        state,
    },
};

const LOADED: &str = "customers_loaded";
const SOURCE: &str = "practice";
const PEOPLE: usize = 200;
const DAY: SignedDuration = SignedDuration::from_hours(24);

const FIRST: [&str; 20] = [
    "Camille", "Maëlle", "Jean", "Élodie", "Luc", "Inès", "Paul", "Zoé", "Hugo", "Léa", "Noé", "Agathe",
    "Théo", "Manon", "Gaël", "Solène", "Rémi", "Clara", "Yann", "Odile",
];
const LAST: [&str; 20] = [
    "Dupré",
    "Lagrange",
    "Castéra",
    "Moreau",
    "Vignes",
    "Duprat",
    "Larroque",
    "Peyrou",
    "Bessière",
    "Coutures",
    "Dartigues",
    "Estève",
    "Faugère",
    "Gaillard",
    "Hourtin",
    "Jourdan",
    "Labat",
    "Marsan",
    "Nadeau",
    "Orsini",
];
/// Town, postal code, kilometres.
const TOWNS: [(&str, &str, f64); 6] = [
    ("Vensac", "33590", 1.0),
    ("Soulac-sur-Mer", "33780", 14.0),
    ("Lesparre-Médoc", "33340", 17.0),
    ("Montalivet", "33930", 9.0),
    ("Bordeaux", "33000", 82.0),
    ("Royan", "17200", 31.0),
];
const DISHES: [&str; 5] = [
    "Lamproie à la bordelaise",
    "Entrecôte aux sarments",
    "Huîtres du Médoc",
    "Tarte aux fraises",
    "Agneau de Pauillac",
];
const TAGS: [&str; 4] = ["habitué", "terrasse", "sans gluten", "groupe"];

/// Writes the pretend customers down, once for each data folder.
pub async fn load(engine: &Engine) -> anyhow::Result<()> {
    let now = engine.clock.now();
    let written = engine.store.write(move |tx| {
        if state::get::<bool>(tx, LOADED)?.unwrap_or(false) {
            return Ok(());
        }
        state::set(tx, LOADED, &true)?;
        for number in 0..PEOPLE {
            add(tx, number, now)?;
        }
        contact_imports::refresh_statistics(tx)
    });
    Ok(written.await?)
}

/// A number below `most` that is always the same for a person and a question.
fn draw(person: usize, question: usize, most: usize) -> usize {
    let mut x = (person as u64 + 1)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add((question as u64).wrapping_mul(0xD1B5_4A32_D192_ED03));
    x ^= x >> 31;
    x = x.wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^= x >> 29;
    usize::try_from(x % most.max(1) as u64).unwrap_or(0)
}

fn pick<T: Copy>(list: &[T], person: usize, question: usize) -> Option<T> {
    list.get(draw(person, question, list.len())).copied()
}

fn add(tx: &Tx<'_>, number: usize, now: Timestamp) -> Result<(), StoreError> {
    let first = FIRST.get(number % FIRST.len()).copied().unwrap_or_default();
    let last = LAST.get((number / FIRST.len() + number) % LAST.len()).copied().unwrap_or_default();
    let town = pick(&TOWNS, number, 1);
    let has_email = draw(number, 2, 10) < 8;
    let has_phone = !has_email || draw(number, 3, 10) < 6;
    let mobile = draw(number, 4, 10) < 8;
    let phone = if mobile { format!("+3363998{number:04}") } else { format!("+33199000{number:03}") };
    let year = 1945 + draw(number, 5, 60);
    let birthday = format!("{year}-{:02}-{:02}", 1 + draw(number, 6, 12), 1 + draw(number, 7, 28));
    let details = ContactDetails {
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        email: has_email.then(|| format!("{}.{}.{number}@exemple.example", fold(first), fold(last))),
        phone: has_phone.then_some(phone),
        language: Some(if draw(number, 8, 10) < 8 { "fr" } else { "en" }.to_owned()),
        birthday: (draw(number, 9, 10) < 6).then_some(birthday),
        postal_code: town.map(|(_, code, _)| code.to_owned()),
        city: town.map(|(name, _, _)| name.to_owned()),
        distance_km: town.map(|(_, _, km)| km),
        ..ContactDetails::default()
    };
    let days = i32::try_from(30 + draw(number, 10, 700)).unwrap_or(30);
    let known_since = now - DAY * days;
    let contact = Contact::new(details, SOURCE, known_since);
    contacts::insert(tx, &contact)?;
    for visit in 0..draw(number, 11, 9) {
        let ago = i32::try_from(draw(number, 20 + visit, 700)).unwrap_or(0).min(days);
        let amount = i64::try_from(1_800 + draw(number, 40 + visit, 9_000)).unwrap_or(1_800);
        let dish = pick(&DISHES, number, 60 + visit).map(str::to_owned);
        let eaten: Vec<String> = dish.into_iter().collect();
        let visit = Visit::new(now - DAY * ago - SignedDuration::from_hours(1), amount, SOURCE);
        contacts::add_visit(tx, &contact.id, &visit, &eaten, now)?;
    }
    let tags: BTreeSet<String> =
        (0..draw(number, 12, 3)).filter_map(|tag| pick(&TAGS, number, 13 + tag)).map(str::to_owned).collect();
    contacts::set_tags(tx, &contact.id, &tags)?;
    for (question, channel) in [(16, Channel::Email), (17, Channel::Sms)] {
        if contact.address(channel).is_none() {
            continue;
        }
        let said = draw(number, question, 10);
        let no = NewConsent::withdrawal(contact.id.clone(), channel, known_since, "telephone");
        let line = match said {
            0..6 => NewConsent {
                state: ConsentState::Granted,
                basis: Basis::Consent,
                source: "paper_card".to_owned(),
                wording_version: Some("carte-2026-1".to_owned()),
                proof: Some(format!("carte {number}")),
                ..no
            },
            6 => no,
            _ => continue,
        };
        consents::record(tx, &line, now)?;
    }
    Ok(())
}
