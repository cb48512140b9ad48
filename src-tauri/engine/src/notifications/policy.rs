//! The owner's limits on messages, from the settings to the gates.

use jiff::civil::Weekday;

use crate::{
    config::Settings,
    domain::{
        legal_hours::SmsHours,
        message_gates::{FrequencyCap, MessagePolicy},
    },
};

/// What the gates hold messages to.
pub fn from_settings(settings: &Settings) -> MessagePolicy {
    use Weekday as W;
    let messages = &settings.messages;
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let mut days = vec![W::Monday, W::Tuesday, W::Wednesday, W::Thursday, W::Friday];
    if messages.sms_hours.saturdays {
        days.push(W::Saturday);
    }
    let hours = &messages.sms_hours;
    MessagePolicy {
        frequency_cap: FrequencyCap {
            count: small(messages.frequency_cap.count),
            days: small(messages.frequency_cap.days),
        },
        sms_hours: SmsHours::new(hours.from.0, hours.to.0, &days, hours.sundays, hours.holidays),
        monthly_budget_cents: Some(messages.monthly_budget_cents).filter(|cents| *cents > 0),
        sms_part_price_milli: messages.sms_part_price_milli,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_shipped_settings_are_the_usual_policy() {
        assert_eq!(from_settings(&Settings::shipped().unwrap()), MessagePolicy::default());
    }

    #[test]
    fn the_owner_s_exceptions_are_followed() {
        let text = r#"{"messages": {"sms_hours": {"from": "09:00", "saturdays": false, "sundays": true, "holidays": true},
            "frequency_cap": {"count": 2}, "monthly_budget_cents": 5000}}"#;
        let policy = from_settings(&Settings::parse(Some(text)).unwrap());
        assert_eq!((policy.frequency_cap.count, policy.frequency_cap.days), (2, 7));
        assert_eq!(policy.monthly_budget_cents, Some(5000));
        for (at, allowed) in [
            // Friday 9:00, Saturday noon, Sunday noon, Christmas (a Friday).
            ("2026-11-27T08:00:00Z", true),
            ("2026-11-28T11:00:00Z", false),
            ("2026-11-29T11:00:00Z", true),
            ("2026-12-25T11:00:00Z", true),
        ] {
            assert_eq!(policy.sms_hours.is_allowed(at.parse().unwrap()), allowed, "{at}");
        }
    }
}
