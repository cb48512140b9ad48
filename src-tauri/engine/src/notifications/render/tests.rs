#![allow(clippy::unwrap_used)]
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::json;

use super::{Footer, House, Renderer};
use crate::domain::{Purpose, Template, TemplateBody, Values, alcohol::MENTION};

pub(crate) fn house() -> House {
    House {
        name: "Le Vieux Moulin".into(),
        city: "Vensac".into(),
        address: "1 chemin du Moulin, 33590 Vensac".into(),
        phone: "05 56 00 00 00".into(),
        siret: String::new(),
        privacy_url: String::new(),
        reply_to: "bonjour@levieuxmoulin.example".into(),
        sms_sender: "VieuxMoulin".into(),
        sms_stop: "STOP 36111".into(),
        provider_adds_stop: false,
        timezone: TimeZone::get("Europe/Paris").unwrap(),
        pictures: std::collections::BTreeMap::new(),
    }
}

fn footer() -> Footer {
    Footer { unsubscribe: "https://levieuxmoulin.example/u/abc".into(), ..Footer::default() }
}

fn template(body: serde_json::Value) -> Template {
    Template::new("essai", 1, serde_json::from_value::<TemplateBody>(body).unwrap())
}

fn promotion() -> Template {
    template(json!({
        "name": "Promotion", "purpose": "marketing", "language": "fr",
        "variables": [
            {"name": "promotion_name", "kind": "text", "required": true, "sample": "Menu du marché"},
            {"name": "discount", "kind": "percent", "required": true, "sample": "20%"},
            {"name": "valid_until", "kind": "date", "required": true, "sample": "2025-04-20", "expires": true},
            {"name": "first_name", "kind": "text", "fallback": "chers amis", "sample": "Camille"},
        ],
        "email": {
            "subject": "{{ promotion_name }} : {{ discount }}",
            "preheader": "Jusqu’au {{ valid_until }}",
            "reason": "Vous recevez ce message parce que vous avez accepté nos nouvelles.",
            "blocks": [
                {"type": "title", "text": "Bonjour {{ first_name }}"},
                {"type": "paragraph", "text": "Une surprise\nvous attend."},
                {"type": "offer", "title": "{{ promotion_name }}", "value": "{{ discount }}",
                 "end": "Jusqu’au {{ valid_until }}", "terms": "Sur présentation de ce message."},
                {"type": "button", "label": "Réserver", "url": "https://levieuxmoulin.example/reserver?a=1&b=2"},
                {"type": "divider"},
            ],
        },
        "sms": {"text": "{{ house_name }} : {{ promotion_name }}, {{ discount }} jusqu’au {{ valid_until }}."},
    }))
}

fn seed() -> Values {
    serde_json::from_value(json!({
        "promotion_name": "Happy Hour", "discount": "20%", "valid_until": "2025-04-20",
    }))
    .unwrap()
}

/// Second example of the seed, to the letter.
#[test]
fn the_promotion_of_the_seed() {
    let renderer = Renderer::new(&promotion(), &house()).unwrap();
    assert!(renderer.missing(&seed()).is_empty());
    let email = renderer.email(&seed(), &footer()).unwrap();
    assert_eq!(email.subject, "Happy Hour : 20%");
    for text in [&email.html, &email.text] {
        for words in [
            "Bonjour chers amis",
            "Jusqu’au dimanche 20 avril 2025",
            "20%",
            MENTION,
            "Vous recevez ce message parce que vous avez accepté nos nouvelles.",
            "Le Vieux Moulin · 1 chemin du Moulin, 33590 Vensac · 05 56 00 00 00",
            "https://levieuxmoulin.example/u/abc",
        ] {
            assert!(text.contains(words), "{words} in {text}");
        }
        assert!(!text.contains('⟦') && !text.contains("{{"), "{text}");
    }
    assert!(email.html.contains("reserver?a=1&amp;b=2\"") && email.text.contains("reserver?a=1&b=2"));
    assert!(email.html.contains("<html lang=\"fr\"") && email.html.contains("content=\"light dark\""));
    assert!(email.html.contains("Une surprise<br>vous attend."), "{}", email.html);
    assert_eq!(
        renderer.sms(&seed()).unwrap(),
        "Le Vieux Moulin : Happy Hour, 20% jusqu’au dimanche 20 avril 2025. L'abus d'alcool est dangereux \
         pour la santé, à consommer avec modération. STOP 36111"
    );
    assert_eq!(renderer.alcohol(&seed()).unwrap(), ["happy hour"]);
    assert_eq!(renderer.valid_until(&seed()).unwrap().to_string(), "2025-04-20T22:00:00Z");
    // Nothing is fetched from anywhere when it is read.
    assert!(!email.html.contains("<link") && !email.html.contains("@import"), "{}", email.html);
    assert_eq!(renderer.email(&seed(), &footer()).unwrap(), email, "the same on every attempt");
}

#[test]
fn a_missing_value_is_named_and_stops_everything() {
    let renderer = Renderer::new(&promotion(), &house()).unwrap();
    let mut values = seed();
    values.remove("discount");
    values.set("promotion_name", json!("  "));
    assert_eq!(renderer.missing(&values), ["promotion_name", "discount"]);
    let refused = renderer.email(&values, &footer()).unwrap_err();
    assert_eq!(
        (refused.code, refused.names.join(" ").as_str()),
        ("template_value_missing", "promotion_name discount")
    );
    assert_eq!(renderer.sms(&values).unwrap_err(), refused);
    values.set("valid_until", json!("dimanche"));
    values.set("discount", json!("20%"));
    values.set("promotion_name", json!("Noël"));
    let refused = renderer.sms(&values).unwrap_err();
    assert_eq!((refused.code, refused.names.join(" ").as_str()), ("template_value_invalid", "valid_until"));
    assert_eq!(renderer.unknown(&Values::from_iter([("promo", json!(1))])), ["promo"]);
}

#[test]
fn what_the_law_wants_is_asked_for_before_anything_leaves() {
    let refused = |change: fn(&mut Template, &mut House)| {
        let (mut template, mut house) = (promotion(), house());
        change(&mut template, &mut house);
        Renderer::new(&template, &house).err().map(|problem| problem.code)
    };
    assert_eq!(refused(|_, house| house.name.clear()), Some("template_without_sender"));
    assert_eq!(refused(|_, house| house.address = " ".into()), Some("template_without_address"));
    assert_eq!(
        refused(|template, _| template.email.as_mut().unwrap().reason.clear()),
        Some("template_without_reason")
    );
    assert_eq!(
        refused(|template, _| template.sms.as_mut().unwrap().text = "{{ promotion_name }}".into()),
        Some("template_sms_without_name")
    );
    assert_eq!(refused(|_, house| house.sms_stop.clear()), Some("template_sms_without_stop"));
    let by_provider = |_: &mut Template, house: &mut House| {
        house.sms_stop.clear();
        house.provider_adds_stop = true;
    };
    assert_eq!(refused(by_provider), None);
    // What answers a customer needs none of it, but always says who writes.
    assert_eq!(
        refused(|template, house| {
            template.purpose = Purpose::Service;
            template.email.as_mut().unwrap().reason.clear();
            house.address.clear();
            house.sms_stop.clear();
        }),
        None
    );
    let renderer = Renderer::new(&promotion(), &house()).unwrap();
    let problem = renderer.email(&seed(), &Footer::default()).unwrap_err();
    assert_eq!(problem.code, "template_without_unsubscribe");
}

#[test]
fn heavy_and_hostile_templates_end_with_a_clear_error() {
    let of = |text: &str| {
        template(json!({
            "name": "x", "purpose": "service", "variables": [{"name": "x", "kind": "text", "sample": "a"}],
            "sms": {"text": text},
        }))
    };
    for (text, code) in [
        ("{% for i in range(1000000000) %}a{% endfor %}", "template_too_heavy"),
        (
            "{% for i in range(30000) %}{% for j in range(30000) %}a{% endfor %}{% endfor %}",
            "template_too_heavy",
        ),
        ("{% set x = 'aaaaaaaaaaaaaaaa' * 100000000 %}{{ x }}", "template_too_heavy"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "template_invalid"),
        ("{{ x", "template_invalid"),
        ("{{ x|unheard_of }}", "template_invalid"),
        ("{% include '/etc/passwd' %}", "template_invalid"),
        ("{{ y }}", "template_variable_unknown"),
        ("{{ env('HOME') }}", "template_variable_unknown"),
    ] {
        let problem = Renderer::draft(&of(text), &house()).unwrap_err();
        assert_eq!(problem.code, code, "{text}: {problem:?}");
    }
    let huge = "a".repeat(50_000_000);
    assert_eq!(Renderer::draft(&of(&huge), &house()).unwrap_err().code, "template_too_large");
    let renderer = Renderer::new(&of("{{ x }}"), &house()).unwrap();
    let problem = renderer.sms(&Values::from_iter([("x", json!(huge))])).unwrap_err();
    assert_eq!((problem.code, problem.names.as_slice()), ("template_too_large", ["x".to_owned()].as_slice()));
}

#[test]
fn a_value_cannot_write_a_header() {
    let renderer = Renderer::new(&promotion(), &house()).unwrap();
    let mut values = seed();
    values.set("promotion_name", json!("Menu\r\nBcc: tout@le.monde\u{0}\u{85}fin"));
    let email = renderer.email(&values, &footer()).unwrap();
    assert_eq!(email.subject, "Menu Bcc: tout@le.monde fin : 20%");
    assert!(!renderer.sms(&values).unwrap().contains(['\r', '\u{0}']));
}

#[test]
fn blocks_without_words_are_left_out() {
    let body = json!({
        "name": "Carte", "purpose": "service", "language": "fr",
        "variables": [
            {"name": "dish_1", "kind": "text"}, {"name": "price_1", "kind": "money"},
            {"name": "dish_2", "kind": "text"}, {"name": "link", "kind": "url"},
            {"name": "photo", "kind": "url"}, {"name": "note", "kind": "text"},
        ],
        "email": {"subject": "La carte", "blocks": [
            {"type": "menu", "title": "Les plats", "items": [
                {"dish": "{{ dish_1 }}", "description": "{{ note }}", "price": "{{ price_1 }}"},
                {"dish": "{{ dish_2 }}"},
            ]},
            {"type": "image", "url": "{{ photo }}", "alt": "La terrasse"},
            {"type": "button", "label": "Réserver", "url": "{{ link }}"},
            {"type": "event", "title": "{{ note }}", "date": "samedi"},
            {"type": "social", "links": [{"label": "Instagram", "url": "{{ link }}"}]},
        ]},
    });
    let renderer = Renderer::new(&template(body), &house()).unwrap();
    let render = |values: serde_json::Value| {
        renderer.email(&serde_json::from_value(values).unwrap(), &Footer::default()).unwrap()
    };
    let bare = render(json!({}));
    for words in ["Les plats", "La terrasse", "Réserver", "samedi", "Instagram", "<img", "class=\"menu\""] {
        assert!(!bare.html.contains(words) && !bare.text.contains(words), "{words}: {}", bare.text);
    }
    let one = render(json!({"dish_1": "Garbure", "price_1": 12.5, "link": "https://a.example/"}));
    assert!(
        one.text.contains("Les plats\n- Garbure, 12,50\u{a0}€\n\nRéserver\u{a0}: https://a.example/"),
        "{}",
        one.text
    );
    assert_eq!(one.html.matches("<tr><td>Garbure").count(), 1);
    let full = render(json!({"dish_1": "a", "dish_2": "b", "note": "n", "photo": "https://a.example/p.jpg"}));
    assert!(
        full.html.contains("src=\"https://a.example/p.jpg\"") && full.html.contains("alt=\"La terrasse\"")
    );
    assert!(full.text.contains("[La terrasse]"));
    for text in [&bare.html, &one.html, &full.html] {
        assert_eq!(tags(text).1, 0, "every tag is closed");
    }
    let refused = renderer.email(&Values::from_iter([("photo", json!("http://a.example/p.jpg"))]), &footer());
    assert_eq!(refused.unwrap_err().place, "email.blocks.1.url");
}

/// The names of all tags in their order, and how many are open at the end. Only for HTML of ours: `<` and
/// `>` stand for tags and nothing else.
fn tags(html: &str) -> (Vec<String>, i32) {
    const VOID: [&str; 5] = ["br", "img", "meta", "hr", "link"];
    let (mut names, mut open) = (Vec::new(), 0);
    let body = html.split_once("<body").unwrap().1;
    let mut rest = body;
    // Comments for Outlook hold tables of their own.
    while let Some((_, after)) = rest.split_once('<') {
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").unwrap().1;
            continue;
        }
        let (tag, after) = after.split_once('>').unwrap();
        let name: String = tag.chars().take_while(|c| c.is_alphanumeric() || *c == '/').collect();
        if name.starts_with('/') {
            open -= 1;
        } else if !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
            open += 1;
        }
        names.push(name);
        rest = after;
    }
    // The body itself was cut off at its beginning, the document with it.
    (names, open + 2)
}

/// What a reader sees between the tags, entities resolved.
fn seen(html: &str) -> String {
    let mut text = String::new();
    let body = html.split_once("<body").unwrap().1.split_once('>').unwrap().1;
    for part in body.split('<') {
        let (tag, words) = part.split_once('>').unwrap_or(("", part));
        if tag.starts_with("br") && tag.trim_end_matches('/').trim() == "br" {
            text.push('\n');
        }
        text.push_str(words);
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

fn every_block() -> Template {
    let x = "{{ x }}";
    template(json!({
        "name": "Tout", "purpose": "service",
        "variables": [{"name": "x", "kind": "text", "required": true, "sample": "exemple"}],
        "email": {"subject": x, "preheader": x, "reason": x, "blocks": [
            {"type": "title", "text": x},
            {"type": "paragraph", "text": x},
            {"type": "image", "url": "https://a.example/a.jpg", "alt": x},
            {"type": "button", "label": x, "url": "https://a.example/"},
            {"type": "menu", "title": x, "items": [{"dish": x, "description": x, "price": x}]},
            {"type": "event", "title": x, "date": x, "place": x, "description": x},
            {"type": "offer", "title": x, "value": x, "terms": x, "end": x},
            {"type": "social", "links": [{"label": x, "url": "https://a.example/"}]},
        ]},
        "sms": {"text": x},
    }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever a person or a program puts in: it is read as it is, in every block, and never becomes markup.
    #[test]
    fn any_value_is_text_and_nothing_else(value in prop_oneof![
        any::<String>(),
        "[<>&\"'{}%#/!a-z\\-= ⟦⟧]{1,40}",
        Just("</title><script>alert(1)</script>".to_owned()),
        Just("&amp;lt;b&gt; 20% {{ house_name }} {% raw %}".to_owned()),
        Just("⟦f0⟧-->".to_owned()),
    ]) {
        let shown = super::values::clean(&value).replace('\n', " ");
        // Several lines are one line where there is one; that is tested elsewhere.
        prop_assume!(!super::values::clean(&value).contains('\n') && !shown.trim().is_empty());
        let shown = shown.trim();
        let renderer = Renderer::new(&every_block(), &house()).unwrap();
        let usual = renderer.email(&renderer.samples(), &footer()).unwrap();
        let email = renderer.email(&Values::from_iter([("x", json!(value))]), &footer()).unwrap();
        prop_assert_eq!(&email.subject, shown);
        let mentions = usize::from(!crate::domain::alcohol::words(shown).is_empty());
        if mentions == 0 {
            prop_assert_eq!(tags(&email.html), tags(&usual.html));
            // Each time that the sample is read, the value is read instead, to the letter.
            prop_assert_eq!(seen(&email.html), seen(&usual.html).replace("exemple", shown));
            prop_assert_eq!(&email.text, &usual.text.replace("exemple", shown));
            let sms = shown.replace(['\u{a0}', '\u{202f}'], " ");
            prop_assert_eq!(renderer.sms(&Values::from_iter([("x", json!(value))])).unwrap(), sms);
        }
    }

    /// A person's message holds that person's values and nobody else's.
    #[test]
    fn nobody_reads_the_values_of_another(names in proptest::collection::vec("[A-Z][a-z]{12}", 2..6)) {
        let renderer = Renderer::new(&promotion(), &house()).unwrap();
        for name in &names {
            let mut values = seed();
            values.set("first_name", json!(name));
            let email = renderer.email(&values, &footer()).unwrap();
            for other in names.iter().filter(|other| *other != name) {
                prop_assert!(!email.html.contains(other.as_str()) && !email.text.contains(other.as_str()));
            }
            prop_assert!(email.html.contains(name.as_str()) && email.text.contains(name.as_str()));
        }
    }
}
