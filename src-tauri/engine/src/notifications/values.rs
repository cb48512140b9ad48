//! Values of variables: read by their kind, written in the language of the template.

use std::{fmt, sync::Arc};

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, filters, tests,
    value::{Object, ObjectRepr},
};
use url::Url;

use crate::domain::{TemplateLanguage, template::VariableKind};

/// What one text may cost: some thousand steps, about a megabyte.
const FUEL: u64 = 20_000;

/// A day, with the time of day where it is known; written in full letters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    at: DateTime,
    has_time: bool,
    language: TemplateLanguage,
}

impl Day {
    /// Reads `2025-04-20`, `2025-04-20T19:30`, or an instant with `Z` or an offset.
    pub fn parse(text: &str, language: TemplateLanguage, zone: &TimeZone) -> Option<Self> {
        let text = text.trim();
        let day = |at, has_time| Some(Self { at, has_time, language });
        if let Ok(instant) = text.parse::<Timestamp>() {
            return day(instant.to_zoned(zone.clone()).datetime(), true);
        }
        let has_time = text.contains(['T', ' ']);
        if has_time {
            return day(text.parse::<DateTime>().ok()?, true);
        }
        day(text.parse::<Date>().ok()?.to_datetime(jiff::civil::Time::midnight()), false)
    }

    /// When it is over: at the time that it names, or with the last instant of the day.
    pub fn end(&self, zone: &TimeZone) -> Option<Timestamp> {
        let end = if self.has_time {
            self.at
        } else {
            self.at.date().tomorrow().ok()?.to_datetime(jiff::civil::Time::midnight())
        };
        zone.to_ambiguous_timestamp(end).compatible().ok()
    }

    fn write(self, style: &str) -> Option<String> {
        let (date, french) = (self.at.date(), self.language == TemplateLanguage::Fr);
        let number = match date.day() {
            1 if french => "1er".to_owned(),
            day => day.to_string(),
        };
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).ok()?;
        let month = usize::try_from(date.month() - 1).ok()?;
        let (weekdays, months) = if french { (WEEKDAYS_FR, MONTHS_FR) } else { (WEEKDAYS_EN, MONTHS_EN) };
        let (weekday, month) = (weekdays.get(weekday)?, months.get(month)?);
        Some(match style {
            "long" => format!("{weekday} {number} {month} {}", date.year()),
            "day" => format!("{weekday} {number} {month}"),
            "short" => format!("{:02}/{:02}/{}", date.day(), date.month(), date.year()),
            "time" => self.time(),
            _ => return None,
        })
    }

    fn time(self) -> String {
        let (hour, minute) = (self.at.hour(), self.at.minute());
        match (self.language, minute) {
            (TemplateLanguage::Fr, 0) => format!("{hour}\u{a0}h"),
            (TemplateLanguage::Fr, _) => format!("{hour}\u{a0}h\u{a0}{minute:02}"),
            (TemplateLanguage::En, _) => format!("{hour}:{minute:02}"),
        }
    }
}

const WEEKDAYS_FR: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
const WEEKDAYS_EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS_FR: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Object for Day {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write("long").unwrap_or_default())?;
        if self.has_time {
            let at = if self.language == TemplateLanguage::Fr { " à " } else { " at " };
            write!(f, "{at}{}", self.time())?;
        }
        Ok(())
    }
}

/// Reads a value. `Ok(None)`: there is none. `Err`: it is none of this kind.
pub(super) fn read(
    kind: VariableKind,
    given: &serde_json::Value,
    language: TemplateLanguage,
    zone: &TimeZone,
) -> Result<Option<Value>, ()> {
    let text = match given {
        serde_json::Value::Null => return Ok(None),
        serde_json::Value::String(text) => clean(text),
        serde_json::Value::Number(number) => {
            let number = number.as_f64().filter(|number| number.is_finite()).ok_or(())?;
            match kind {
                VariableKind::Text | VariableKind::Number => amount(number, None, language),
                VariableKind::Percent => percent(number, language),
                VariableKind::Money => money(number, language),
                VariableKind::Date | VariableKind::Url => return Err(()),
            }
        }
        _ => return Err(()),
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    match kind {
        VariableKind::Date => {
            let day = Day::parse(&text, language, zone).ok_or(())?;
            Ok(Some(Value::from_object(day)))
        }
        VariableKind::Url => address(&text).map(|address| Some(Value::from(address))).ok_or(()),
        _ => Ok(Some(Value::from(text))),
    }
}

/// A text without what no mail and no telephone shows: control characters. Line breaks are `\n`.
pub(super) fn clean(text: &str) -> String {
    if !text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return text.to_owned();
    }
    text.replace("\r\n", "\n")
        .chars()
        .filter_map(|c| match c {
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
            '\t' => Some(' '),
            c if c.is_control() => None,
            c => Some(c),
        })
        .collect()
}

/// An address that a person may be sent to, with everything encoded that must be.
pub(super) fn address(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    matches!(url.scheme(), "https" | "http" | "mailto" | "tel").then(|| url.to_string())
}

/// French and English ways to write a number; `decimals` fixes how many there are.
fn amount(number: f64, decimals: Option<usize>, language: TemplateLanguage) -> String {
    let digits = match decimals {
        Some(decimals) => format!("{number:.decimals$}"),
        None => number.to_string(),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let (thousands, comma) = match language {
        TemplateLanguage::Fr => ('\u{202f}', ','),
        TemplateLanguage::En => (',', '.'),
    };
    let mut written = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            written.push(thousands);
        }
        written.push(digit);
    }
    if !fraction.is_empty() {
        written.push(comma);
        written.push_str(fraction);
    }
    written
}

fn percent(number: f64, language: TemplateLanguage) -> String {
    let written = amount(number, None, language);
    match language {
        TemplateLanguage::Fr => format!("{written}\u{a0}%"),
        TemplateLanguage::En => format!("{written}%"),
    }
}

fn money(euros: f64, language: TemplateLanguage) -> String {
    let decimals = if (euros * 100.0).round() % 100.0 == 0.0 { 0 } else { 2 };
    let written = amount(euros, Some(decimals), language);
    match language {
        TemplateLanguage::Fr => format!("{written}\u{a0}€"),
        TemplateLanguage::En => match written.strip_prefix('-') {
            Some(written) => format!("-€{written}"),
            None => format!("€{written}"),
        },
    }
}

/// The language of templates with nothing in it that could reach the machine: no loader, no functions
/// but `range`, a few filters, bounded work. Nothing is escaped here, because the whole text is
/// where it is put in.
pub(super) fn environment(language: TemplateLanguage, zone: &TimeZone) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment.set_debug(false);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("capitalize", filters::capitalize);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("length", filters::length);
    environment.add_filter("default", filters::default);
    environment.add_test("defined", tests::is_defined);
    // Its items are made one by one, so that the bound on the work is what ends it.
    environment.add_function("range", |count: i64| Value::make_iterable(move || (0..count).map(Value::from)));
    let zone = zone.clone();
    environment.add_filter("date", move |value: Value, style: Option<String>| {
        let style = style.as_deref().unwrap_or("long");
        let day = match value.downcast_object_ref::<Day>() {
            Some(day) => Some(*day),
            None => value.as_str().and_then(|text| Day::parse(text, language, &zone)),
        };
        // What is not there stays away.
        if day.is_none() && value.as_str() == Some("") {
            return Ok(String::new());
        }
        day.and_then(|day| day.write(style)).ok_or_else(|| unusable("date"))
    });
    environment.add_filter("money", move |value: Value| number(&value, "money", |n| money(n, language)));
    environment
        .add_filter("percent", move |value: Value| number(&value, "percent", |n| percent(n, language)));
    environment
        .add_filter("number", move |value: Value| number(&value, "number", |n| amount(n, None, language)));
    environment
}

fn unusable(filter: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("the filter {filter} cannot use this value"))
}

/// A text that is no number is the owner's own way to write it, and stays.
fn number(value: &Value, filter: &'static str, write: impl Fn(f64) -> String) -> Result<String, Error> {
    if let Ok(number) = f64::try_from(value.clone()) {
        return Ok(write(number));
    }
    let text = value.as_str().ok_or_else(|| unusable(filter))?;
    Ok(text.trim().replace(',', ".").parse().map_or_else(|_| text.to_owned(), write))
}

#[cfg(test)]
mod tests_of_values {
    #![allow(clippy::unwrap_used)]
    use jiff::tz::TimeZone;
    use minijinja::context;
    use serde_json::json;

    use super::{Day, address, clean, environment, read};
    use crate::domain::{
        TemplateLanguage::{self, En, Fr},
        template::VariableKind::{Date, Money, Number, Percent, Text, Url},
    };

    fn paris() -> TimeZone {
        TimeZone::get("Europe/Paris").unwrap()
    }

    #[test]
    fn values_are_written_as_people_write_them() {
        for (kind, given, language, expected) in [
            (Date, json!("2025-04-20"), Fr, Some("dimanche 20 avril 2025")),
            (Date, json!("2025-04-20"), En, Some("Sunday 20 April 2025")),
            (Date, json!("2025-03-01"), Fr, Some("samedi 1er mars 2025")),
            (Date, json!("2025-08-14T19:30"), Fr, Some("jeudi 14 août 2025 à 19\u{a0}h\u{a0}30")),
            (Date, json!("2025-08-14T17:00:00Z"), Fr, Some("jeudi 14 août 2025 à 19\u{a0}h")),
            (Date, json!("2025-08-14T19:05"), En, Some("Thursday 14 August 2025 at 19:05")),
            (Percent, json!("20%"), Fr, Some("20%")),
            (Percent, json!(20), Fr, Some("20\u{a0}%")),
            (Percent, json!(7.5), En, Some("7.5%")),
            (Money, json!(12), Fr, Some("12\u{a0}€")),
            (Money, json!(1234.5), Fr, Some("1\u{202f}234,50\u{a0}€")),
            (Money, json!(12.5), En, Some("€12.50")),
            (Money, json!("12 euros"), Fr, Some("12 euros")),
            (Number, json!(1_234_567), Fr, Some("1\u{202f}234\u{202f}567")),
            (Text, json!("  "), Fr, None),
            (Text, json!(null), Fr, None),
            (Url, json!("https://levieuxmoulin.fr/é\"<"), Fr, Some("https://levieuxmoulin.fr/%C3%A9%22%3C")),
        ] {
            let value = read(kind, &given, language, &paris()).unwrap();
            assert_eq!(value.map(|value| value.to_string()).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn what_is_none_of_the_kind_is_refused() {
        for (kind, given) in [
            (Date, json!("20/04/2025")),
            (Date, json!("2025-02-30")),
            (Date, json!(20)),
            (Url, json!("javascript:alert(1)")),
            (Url, json!("data:text/html,x")),
            (Url, json!("levieuxmoulin.fr")),
            (Text, json!(["a"])),
            (Text, json!({"a": 1})),
            (Number, json!(true)),
        ] {
            assert_eq!(read(kind, &given, Fr, &paris()).map(drop), Err(()), "{given}");
        }
        assert_eq!(address("https://a.fr/\r\nBcc: x"), Some("https://a.fr/Bcc:%20x".to_owned()));
        assert_eq!(clean("a\r\nb\rc\u{0}\u{1b}[0m\td"), "a\nb\nc[0m d");
    }

    #[test]
    fn an_offer_ends_with_its_last_day() {
        let end =
            |text: &str| Day::parse(text, TemplateLanguage::Fr, &paris()).unwrap().end(&paris()).unwrap();
        assert_eq!(end("2025-04-20").to_string(), "2025-04-20T22:00:00Z");
        assert_eq!(end("2025-12-31").to_string(), "2025-12-31T23:00:00Z");
        // The night in which the clocks go back has 25 hours.
        assert_eq!(end("2025-10-26").to_string(), "2025-10-26T23:00:00Z");
        assert_eq!(end("2025-04-20T19:30").to_string(), "2025-04-20T17:30:00Z");
    }

    #[test]
    fn filters_write_parts_of_a_day_and_numbers() {
        let environment = environment(Fr, &paris());
        let day = read(Date, &json!("2025-04-20T19:30"), Fr, &paris()).unwrap().unwrap();
        let render = |source: &str| {
            environment.render_str(
                source,
                context! { day => day.clone(), price => 12.5, text => "12,50", empty => "" },
            )
        };
        for (source, expected) in [
            ("{{ day|date('day') }}", "dimanche 20 avril"),
            ("{{ day|date('short') }}", "20/04/2025"),
            ("{{ day|date('time') }}", "19\u{a0}h\u{a0}30"),
            ("{{ price|money }} {{ text|money }} {{ 'gratuit'|money }}", "12,50\u{a0}€ 12,50\u{a0}€ gratuit"),
            ("{{ 0.5|percent }}{{ empty|date }}", "0,5\u{a0}%"),
        ] {
            assert_eq!(render(source).unwrap(), expected, "{source}");
        }
        assert!(render("{{ day|date('roman') }}").is_err());
        for outside in ["{{ env }}", "{% include '/etc/passwd' %}", "{{ day.__class__ }}", "{{ debug() }}"] {
            assert!(render(outside).is_err(), "{outside}");
        }
    }
}
