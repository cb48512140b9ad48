#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A Friday noon in Paris.
fn noon() -> Timestamp {
    at("2026-11-27T11:00:00Z")
}

/// Everything is well.
fn fine(channel: Channel, purpose: Purpose) -> GateFacts {
    GateFacts {
        channel,
        purpose,
        not_after: None,
        valid_until: None,
        address_is_sendable: true,
        consent: Some(ConsentState::Granted),
        suppression: None,
        recent: 0,
        frequency_cap: FrequencyCap { count: 1, days: 7 },
        sms_hours: SmsHours::default(),
        spent_milli: 0,
        cost_milli: 65,
        monthly_budget_cents: None,
    }
}

fn no(code: &'static str) -> GateDecision {
    GateDecision::No { code }
}

#[test]
fn the_gates_are_asked_in_their_order() {
    // Everything is wrong; mending the first that speaks lets the next one speak.
    let mut facts = GateFacts {
        not_after: Some(at("2026-11-28T21:00:00Z")),
        valid_until: Some(at("2026-11-28T21:00:00Z")),
        address_is_sendable: false,
        consent: None,
        suppression: Some(SuppressionReason::Stop),
        recent: 1,
        spent_milli: 1_000,
        monthly_budget_cents: Some(100),
        ..fine(Channel::Sms, Purpose::Marketing)
    };
    let now = at("2026-11-28T22:00:00Z");
    assert_eq!(decide(&facts, now), no("message_expired"));
    facts.not_after = None;
    assert_eq!(decide(&facts, now), no("offer_expired"));
    facts.valid_until = None;
    assert_eq!(decide(&facts, now), no("address_invalid"));
    facts.address_is_sendable = true;
    assert_eq!(decide(&facts, now), no("consent_unknown"));
    facts.consent = Some(ConsentState::Withdrawn);
    assert_eq!(decide(&facts, now), no("consent_withdrawn"));
    facts.consent = Some(ConsentState::Granted);
    assert_eq!(decide(&facts, now), no("suppressed"));
    facts.suppression = None;
    assert_eq!(decide(&facts, now), no("frequency_cap"));
    facts.recent = 0;
    let monday = at("2026-11-30T09:00:00Z");
    assert_eq!(decide(&facts, now), GateDecision::Wait { until: monday, code: "outside_legal_hours" });
    let later = at("2026-11-30T10:00:00Z");
    assert_eq!(decide(&facts, monday), GateDecision::Wait { until: later, code: "budget_reached" });
    facts.monthly_budget_cents = Some(107);
    assert_eq!(decide(&facts, monday), GateDecision::Go);
}

#[test]
fn what_would_be_over_by_then_does_not_wait() {
    let night = at("2026-11-27T22:00:00Z");
    let opening = at("2026-11-28T09:00:00Z");
    let facts = fine(Channel::Sms, Purpose::Marketing);
    let ending =
        |not_after, valid_until| decide(&GateFacts { not_after, valid_until, ..facts.clone() }, night);
    assert!(matches!(ending(Some(opening), None), GateDecision::Wait { .. }));
    let before = at("2026-11-28T08:59:59Z");
    assert_eq!(ending(Some(before), None), no("message_expired"));
    assert_eq!(ending(None, Some(opening)), no("offer_expired"));
    let never = GateFacts { sms_hours: SmsHours::new(noon_time(), noon_time(), &[], false, false), ..facts };
    assert_eq!(decide(&never, noon()), no("outside_legal_hours"));
}

fn noon_time() -> jiff::civil::Time {
    jiff::civil::Time::constant(12, 0, 0, 0)
}

#[test]
fn a_service_message_answers_the_person_and_skips_what_protects_from_advertising() {
    let night = at("2026-11-29T02:00:00Z");
    for channel in Channel::ALL {
        let facts = GateFacts { consent: None, recent: 9, ..fine(channel, Purpose::Service) };
        assert_eq!(decide(&facts, night), GateDecision::Go);
        for reason in SuppressionReason::ALL {
            let decision = decide(&GateFacts { suppression: Some(reason), ..facts.clone() }, night);
            let dead = matches!(reason, SuppressionReason::HardBounce | SuppressionReason::Manual);
            assert_eq!(decision, if dead { no("suppressed") } else { GateDecision::Go }, "{reason:?}");
        }
        let broken = GateFacts { address_is_sendable: false, ..facts.clone() };
        assert_eq!(decide(&broken, night), no("address_invalid"));
        let late = GateFacts { not_after: Some(night - SignedDuration::from_secs(1)), ..facts };
        assert_eq!(decide(&late, night), no("message_expired"));
    }
}

#[test]
fn mail_has_no_hours_and_what_is_free_no_ceiling() {
    let mail = GateFacts {
        cost_milli: 0,
        spent_milli: 5_000,
        monthly_budget_cents: Some(1),
        ..fine(Channel::Email, Purpose::Marketing)
    };
    assert_eq!(decide(&mail, at("2026-12-25T02:00:00Z")), GateDecision::Go);
}

fn instants() -> impl Strategy<Value = Timestamp> {
    // 2026 to 2028, to the second.
    (1_767_222_000_i64..1_861_916_400).prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn all_facts() -> impl Strategy<Value = GateFacts> {
    let channel = prop::sample::select(Channel::ALL.to_vec());
    let purpose = prop::sample::select(vec![Purpose::Marketing, Purpose::Service]);
    let end = || prop::option::weighted(0.3, instants());
    let consent = prop::sample::select(vec![
        None,
        Some(ConsentState::Granted),
        Some(ConsentState::Granted),
        Some(ConsentState::Withdrawn),
    ]);
    let suppression = prop::option::weighted(0.3, prop::sample::select(SuppressionReason::ALL.to_vec()));
    let hours =
        (0_i8..24, 0_i8..24, any::<bool>(), any::<bool>()).prop_map(|(from, to, sundays, holidays)| {
            use jiff::civil::{Time, Weekday as W};
            let days = [W::Monday, W::Tuesday, W::Thursday, W::Saturday, W::Sunday];
            SmsHours::new(
                Time::constant(from, 30, 0, 0),
                Time::constant(to, 0, 0, 0),
                &days,
                sundays,
                holidays,
            )
        });
    let people = (prop::bool::weighted(0.9), consent, suppression, 0_u32..4, 1_u32..4);
    let money = (0_u64..3_000, 0_u64..200, prop::option::of(0_u64..300));
    (channel, purpose, end(), end(), people, hours, money).prop_map(
        |(channel, purpose, not_after, valid_until, people, sms_hours, money)| GateFacts {
            channel,
            purpose,
            not_after,
            valid_until,
            address_is_sendable: people.0,
            consent: people.1,
            suppression: people.2,
            recent: people.3,
            frequency_cap: FrequencyCap { count: people.4, days: 7 },
            sms_hours,
            spent_milli: money.0,
            cost_milli: money.1,
            monthly_budget_cents: money.2,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the facts: who is reached agreed, is within the cap and inside the hours.
    #[test]
    fn nobody_is_reached_against_the_rules(facts in all_facts(), now in instants()) {
        match decide(&facts, now) {
            GateDecision::Go => {
                prop_assert!(facts.address_is_sendable);
                prop_assert!(facts.not_after.is_none_or(|end| now <= end));
                prop_assert!(facts.valid_until.is_none_or(|end| now < end));
                prop_assert!(facts.suppression.is_none_or(|reason| !reason.stops(facts.purpose)));
                let after = facts.spent_milli + facts.cost_milli;
                prop_assert!(facts.cost_milli == 0 || facts.monthly_budget_cents.is_none_or(|cents| after <= cents * 10));
                if facts.purpose == Purpose::Marketing {
                    prop_assert_eq!(facts.consent, Some(ConsentState::Granted));
                    prop_assert!(facts.suppression.is_none());
                    prop_assert!(facts.recent < facts.frequency_cap.count);
                    if facts.channel == Channel::Sms {
                        let local = crate::domain::legal_hours::paris().to_datetime(now);
                        prop_assert!((480..1290).contains(&(i32::from(local.hour()) * 60 + i32::from(local.minute()))));
                        prop_assert!(facts.sms_hours.is_allowed(now));
                    }
                }
            }
            GateDecision::Wait { until, code } => {
                prop_assert!(until > now);
                prop_assert!(facts.not_after.is_none_or(|end| until <= end));
                prop_assert!(facts.valid_until.is_none_or(|end| until < end));
                prop_assert!(matches!(code, "outside_legal_hours" | "budget_reached"));
                if code == "outside_legal_hours" {
                    prop_assert!(facts.sms_hours.is_allowed(until) && !facts.sms_hours.is_allowed(now));
                }
            }
            GateDecision::No { .. } => {}
        }
    }
}
