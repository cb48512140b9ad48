//! Segments: the compiled SQL chooses exactly whom the rule chooses in plain Rust, for any tree and any people.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, civil::date};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use vieux_moulin_engine::{
    connectors::Kind,
    domain::{
        Channel, ConsentStanding, Contact, ContactDetails, Segment,
        consent::{Basis, ConsentPurpose, ConsentState, NewConsent},
        segment::{Between, BetweenKm, ConsentRule, DishRule, Facts, Moment, When},
    },
    store::{consents, contacts, segments},
};
use vieux_moulin_tests::app::TestApp;

const PEOPLE: usize = 150;
const TREES: usize = 400;

fn moment() -> Moment {
    Moment { now: "2026-12-27T11:00:00Z".parse().unwrap(), today: date(2026, 12, 27) }
}

/// Small ranges, so that bounds are often met exactly.
fn bounds(most: i64) -> impl Strategy<Value = Between> {
    (0..=most, 0..=most, 0..3_u8).prop_map(|(a, b, kind)| Between {
        at_least: (kind != 1).then_some(a.min(b)),
        at_most: (kind != 2).then_some(a.max(b)),
    })
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "B", "vip", "it's", "%", "x' OR 1=1 --"]).prop_map(str::to_owned)
}

fn leaf() -> impl Strategy<Value = Segment> {
    let when = || prop_oneof![Just(When::Never), bounds(5).prop_map(When::DaysAgo)];
    let channel = || prop::sample::select(vec![Channel::Email, Channel::Sms]);
    prop_oneof![
        bounds(4).prop_map(Segment::VisitCount),
        when().prop_map(Segment::LastVisit),
        when().prop_map(Segment::FirstVisit),
        bounds(20).prop_map(Segment::SpendCents),
        bounds(8).prop_map(Segment::AverageSpendCents),
        (word(), 1..3_u32).prop_map(|(name, at_least)| Segment::Dish(DishRule { name, at_least })),
        word().prop_map(Segment::Tag),
        (1..=12_u8).prop_map(Segment::BirthdayMonth),
        (0..=365_u16).prop_map(Segment::BirthdayWithinDays),
        (0..6_u8, 0..6_u8).prop_map(|(a, b)| Segment::DistanceKm(BetweenKm {
            at_least: Some(f64::from(a.min(b))),
            at_most: Some(f64::from(a.max(b))),
        })),
        prop::collection::vec(prop::sample::select(vec!["3", "33", "33590", "7%"]), 1..3)
            .prop_map(|list| Segment::PostalCode(list.into_iter().map(str::to_owned).collect())),
        prop::collection::vec(word(), 1..3).prop_map(Segment::City),
        prop::collection::vec(prop::sample::select(vec!["fr", "EN", "de"]), 1..3)
            .prop_map(|list| Segment::Language(list.into_iter().map(str::to_owned).collect())),
        (
            channel(),
            prop::sample::select(vec![
                ConsentStanding::Granted,
                ConsentStanding::Withdrawn,
                ConsentStanding::Unknown
            ])
        )
            .prop_map(|(channel, state)| Segment::Consent(ConsentRule { channel, state })),
        channel().prop_map(Segment::HasAddress),
        bounds(5).prop_map(Segment::KnownForDays),
        Just(Segment::Source(vec!["Window".into()])),
    ]
}

fn tree() -> impl Strategy<Value = Segment> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Segment::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Segment::Any),
            inner.prop_map(|part| Segment::Not(Box::new(part))),
        ]
    })
}

type Person = (ContactDetails, Vec<String>, Vec<(String, u32)>, [u8; 2], i64, bool);

fn person() -> impl Strategy<Value = Person> {
    let at =
        || prop::option::of((0..6_i64).prop_map(|days| moment().now - SignedDuration::from_hours(24 * days)));
    let text = |list: &'static [&'static str]| {
        prop::option::of(prop::sample::select(list)).prop_map(|text| text.map(str::to_owned))
    };
    let details = (
        (text(&["a@exemple.example"]), text(&["+33639980001"]), text(&["fr", "en"])),
        text(&["1980-12-27", "--12-31", "2000-02-29", "1999-01-03", "1970-06-15"]),
        (text(&["33590", "33000", "75001"]), text(&["A", "b", "vip"]), prop::option::of(0..6_u8)),
        (0..5_i64, 0..30_i64, at(), at()),
    )
        .prop_map(
            |((email, phone, language), birthday, (postal_code, city, km), (visits, spend, first, last))| {
                ContactDetails {
                    last_name: "Exemple".into(),
                    email,
                    phone,
                    language,
                    birthday,
                    postal_code,
                    city,
                    distance_km: km.map(f64::from),
                    visit_count: visits,
                    spend_cents: spend,
                    first_visit_at: first,
                    last_visit_at: last,
                    ..ContactDetails::default()
                }
            },
        );
    (
        details,
        prop::collection::vec(word(), 0..3),
        prop::collection::vec((word(), 1..3_u32), 0..3),
        [0..3_u8, 0..3_u8],
        0..6_i64,
        any::<bool>(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compiled_segments_choose_whom_the_rule_chooses() {
    let app = TestApp::start(&[("scripted", Kind::A, false)]).await;
    let mut runner = TestRunner::deterministic();
    let people: Vec<Person> =
        (0..PEOPLE).map(|_| person().new_tree(&mut runner).unwrap().current()).collect();
    let store = app.engine.store.clone();
    let facts: Vec<Facts> = store
        .write(move |tx| {
            let mut all = Vec::new();
            for (details, tags, dishes, said, days, by_window) in people {
                let known_since: Timestamp = moment().now - SignedDuration::from_hours(24 * days);
                let source = if by_window { "window" } else { "import" };
                let contact = Contact::new(details, source, known_since);
                contacts::insert(tx, &contact)?;
                let tags: BTreeSet<String> = tags.into_iter().collect();
                contacts::set_tags(tx, &contact.id, &tags)?;
                let mut eaten: BTreeMap<String, i64> = BTreeMap::new();
                for (dish, times) in dishes {
                    *eaten.entry(dish).or_default() += i64::from(times);
                }
                contacts::set_dishes(tx, &contact.id, &eaten)?;
                for (channel, said) in Channel::ALL.into_iter().zip(said) {
                    let mut line =
                        NewConsent::withdrawal(contact.id.clone(), channel, known_since, "paper_card");
                    match said {
                        0 => continue,
                        1 => {
                            line.state = ConsentState::Granted;
                            line.basis = Basis::Consent;
                            line.purpose = ConsentPurpose::Marketing;
                            line.wording_version = Some("carte-1".into());
                            line.proof = Some("carte 1".into());
                        }
                        _ => {}
                    }
                    consents::record(tx, &line, moment().now)?;
                }
                all.push(contacts::facts(tx, &contact.id)?.unwrap());
            }
            Ok(all)
        })
        .await
        .unwrap();
    let mut chosen = 0;
    for _ in 0..TREES {
        let segment = tree().new_tree(&mut runner).unwrap().current();
        segment.check().unwrap();
        let mut wanted: Vec<_> = facts
            .iter()
            .filter(|facts| segment.matches(facts, moment()))
            .map(|facts| facts.contact.id.clone())
            .collect();
        wanted.sort();
        let asked = segment.clone();
        let (count, found) = store
            .read(move |c| {
                Ok((segments::count(c, &asked, moment())?, segments::ids(c, &asked, moment(), None, 10_000)?))
            })
            .await
            .unwrap();
        assert_eq!(found, wanted, "{}", serde_json::to_string(&segment).unwrap());
        assert_eq!(count, wanted.len() as u64);
        chosen += wanted.len();
        for facts in facts.iter().take(5) {
            assert_eq!(segment.explain(facts, moment()).matches, segment.matches(facts, moment()));
        }
    }
    // Neither everybody nor nobody throughout.
    let asked = PEOPLE * TREES;
    assert!(chosen > asked / 20 && chosen < asked * 19 / 20, "{chosen} of {asked}");
}
