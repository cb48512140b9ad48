//! From a template and values to the words of one message.
//!
//! A [`Renderer`] is made once for a sending: every text is compiled and tried, the blocks become HTML
//! with holes, and what must stand in every message is checked against the house. For each person only
//! the holes are filled. The same template, house and values give the same words, on every attempt.

use std::borrow::Cow;

use jiff::Timestamp;
use minijinja::{Environment, Value};

use super::{
    blocks,
    draft::{Fields, Place, Slot},
    house::House,
    program::Program,
    values,
};
use crate::domain::{
    OutgoingEmail, Purpose, Template, TemplateProblem, Values, alcohol,
    sms::{SmsEncoding, measure},
    template::{HOUSE_VARIABLES, Variable, VariableKind},
};

/// Largest value, and all values together, in bytes.
const MAX_VALUE: usize = 20_000;
const MAX_VALUES: usize = 100_000;
/// Largest template and largest message, in bytes. Mailboxes cut a mail at 102 kB.
const MAX_TEMPLATE: usize = 512 * 1024;
const MAX_HTML: usize = 1024 * 1024;
const MAX_SMS: usize = 1_600;
const MAX_VARIABLES: usize = 100;

/// Links of one person, below an e-mail. `https:` or `mailto:`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footer {
    /// How to be left alone; compulsory for marketing.
    pub unsubscribe: String,
    pub preferences: Option<String>,
    /// Only where an opening is measured.
    pub tracking_choice: Option<String>,
    /// The subject says that this is a trial.
    pub is_test: bool,
}

/// A template that is ready to be sent.
#[derive(Debug)]
pub struct Renderer {
    environment: Environment<'static>,
    variables: Vec<(Variable, Option<Value>)>,
    constants: Vec<(&'static str, Value)>,
    email: Option<Email>,
    sms: Option<Fields>,
    template: Template,
    house: House,
}

#[derive(Debug)]
struct Email {
    subject: usize,
    fields: Fields,
    html: Program,
    text: Program,
}

impl Renderer {
    /// Makes a template ready. Refuses what cannot be rendered, and what may not be sent: a message without
    /// the house's name and address, without its reason, without a way to stop.
    pub fn new(template: &Template, house: &House) -> Result<Self, TemplateProblem> {
        let renderer = Self::draft(template, house)?;
        renderer.missing_from_law().into_iter().next().map_or(Ok(renderer), Err)
    }

    /// The same for looking only: what may not be sent yet is told by [`Renderer::missing_from_law`].
    pub fn draft(template: &Template, house: &House) -> Result<Self, TemplateProblem> {
        if template.email.is_none() && template.sms.is_none() {
            return Err(TemplateProblem::new("template_channel_missing", ""));
        }
        if serde_json::to_vec(&template.clone().into_body()).is_ok_and(|json| json.len() > MAX_TEMPLATE) {
            return Err(TemplateProblem::new("template_too_large", ""));
        }
        let mut environment = values::environment(template.language, &house.timezone);
        let variables = declared(template, house)?;
        let constants = HOUSE_VARIABLES
            .into_iter()
            .zip([&house.name, &house.address, &house.city, &house.phone])
            .map(|(name, text)| (name, Value::from(values::clean(text))))
            .collect();
        let email = match &template.email {
            Some(email) => {
                let layout = blocks::lay_out(template, email, house, &mut environment)?;
                let (html, text) = blocks::programs(&layout)?;
                Some(Email { subject: layout.subject, fields: layout.fields, html, text })
            }
            None => None,
        };
        let sms = match &template.sms {
            Some(sms) => {
                let mut fields = Fields::default();
                fields.text(&mut environment, &sms.text, Place::Paragraph, "sms.text")?;
                fields.slot(Slot::AlcoholMention);
                Some(fields)
            }
            None => None,
        };
        let renderer = Self {
            environment,
            variables,
            constants,
            email,
            sms,
            template: template.clone(),
            house: house.clone(),
        };
        renderer.check_names()?;
        renderer.try_out()?;
        Ok(renderer)
    }

    /// Every text uses declared names only.
    fn check_names(&self) -> Result<(), TemplateProblem> {
        let parts = [(self.email.as_ref().map(|email| &email.fields), "email"), (self.sms.as_ref(), "sms")];
        for (fields, place) in parts {
            let Some(fields) = fields else { continue };
            let unknown: Vec<&String> = fields
                .used()
                .iter()
                .filter(|name| {
                    !HOUSE_VARIABLES.contains(&name.as_str())
                        && name.as_str() != "range"
                        && !self.variables.iter().any(|(variable, _)| variable.name == **name)
                })
                .collect();
            if !unknown.is_empty() {
                return Err(TemplateProblem::new("template_variable_unknown", place).names(unknown));
            }
        }
        Ok(())
    }

    /// Renders once with samples, so that a text that cannot work is found now and not in the night.
    fn try_out(&self) -> Result<(), TemplateProblem> {
        // With everything, so that as many parts as possible are there.
        let samples = self.filled(|_| true);
        let footer = Footer { unsubscribe: "https://example.org/".to_owned(), ..Footer::default() };
        if self.email.is_some() {
            self.email(&samples, &footer)?;
        }
        if self.sms.is_some() {
            self.sms(&samples)?;
        }
        Ok(())
    }

    /// The samples that the template gives, and something of the kind where a value is needed and none is
    /// given.
    pub fn samples(&self) -> Values {
        self.filled(|variable| variable.required)
    }

    fn filled(&self, needs: impl Fn(&Variable) -> bool) -> Values {
        let filled = self.variables.iter().filter_map(|(variable, fallback)| {
            let sample = match (variable.sample.trim(), variable.kind) {
                ("", _) if fallback.is_some() || !needs(variable) => return None,
                ("", VariableKind::Date) => "2030-01-01",
                ("", VariableKind::Url) => "https://example.org/",
                ("", VariableKind::Number | VariableKind::Money) => "12",
                ("", VariableKind::Percent) => "10%",
                ("", VariableKind::Text) => "…",
                (sample, _) => sample,
            };
            Some((variable.name.as_str(), sample))
        });
        filled.collect()
    }

    /// What the law wants in a message and the template or the settings do not have.
    pub fn missing_from_law(&self) -> Vec<TemplateProblem> {
        let mut missing = Vec::new();
        let mut want = |there: bool, code, place: &str| {
            if !there {
                missing.push(TemplateProblem::new(code, place));
            }
        };
        let is_there = |text: &str| !text.trim().is_empty();
        let house = &self.house;
        want(is_there(&house.name), "template_without_sender", "messages.house_name");
        if self.template.purpose == Purpose::Marketing {
            if let Some(email) = &self.template.email {
                want(is_there(&house.address), "template_without_address", "messages.house_address");
                want(is_there(&email.reason), "template_without_reason", "email.reason");
            }
            if let (Some(sms), Some(fields)) = (&self.template.sms, &self.sms) {
                let named = fields.used().contains("house_name")
                    || sms.text.to_lowercase().contains(&house.name.to_lowercase());
                want(named, "template_sms_without_name", "sms.text");
                want(
                    house.provider_adds_stop || is_there(&house.sms_stop),
                    "template_sms_without_stop",
                    "messages.sms_stop",
                );
            }
        }
        missing
    }

    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Required variables that these values leave empty, in the order of the template.
    pub fn missing(&self, values: &Values) -> Vec<String> {
        let is_missing = |variable: &Variable| match values.get(&variable.name) {
            None | Some(serde_json::Value::Null) => true,
            Some(serde_json::Value::String(text)) => text.trim().is_empty(),
            Some(_) => false,
        };
        self.variables
            .iter()
            .filter(|(variable, fallback)| variable.required && fallback.is_none() && is_missing(variable))
            .map(|(variable, _)| variable.name.clone())
            .collect()
    }

    /// Names among the values that the template does not know: most likely a slip of the finger.
    pub fn unknown(&self, values: &Values) -> Vec<String> {
        let known = |name: &str| self.variables.iter().any(|(variable, _)| variable.name == name);
        values.names().filter(|name| !known(name)).map(str::to_owned).collect()
    }

    /// The first instant at which the message is not true any more (the end of the offer, the beginning of
    /// the event); `None` when it stays true.
    pub fn valid_until(&self, values: &Values) -> Option<Timestamp> {
        self.variables
            .iter()
            .filter(|(variable, _)| variable.expires && variable.kind == VariableKind::Date)
            .filter_map(|(variable, _)| {
                let given = values.get(&variable.name).and_then(serde_json::Value::as_str);
                let text = given.filter(|text| !text.trim().is_empty()).or(variable.fallback.as_deref())?;
                values::Day::parse(text, self.template.language, &self.house.timezone)?
                    .end(&self.house.timezone)
            })
            .min()
    }

    /// Words that make this message an advertisement for alcohol: the mention is added, and a person should
    /// look at it before it leaves.
    pub fn alcohol(&self, values: &Values) -> Result<Vec<String>, TemplateProblem> {
        let context = self.context(values)?;
        let mut found = Vec::new();
        for fields in
            [self.email.as_ref().map(|email| &email.fields), self.sms.as_ref()].into_iter().flatten()
        {
            for word in fields.alcohol(&self.environment, &context)? {
                if !found.contains(&word) {
                    found.push(word);
                }
            }
        }
        Ok(found)
    }

    /// The values as the texts see them.
    fn context(&self, values: &Values) -> Result<Value, TemplateProblem> {
        let mut total = 0;
        let mut pairs: Vec<(Value, Value)> = Vec::with_capacity(self.variables.len() + self.constants.len());
        let (mut missing, mut invalid) = (Vec::new(), Vec::new());
        for (variable, fallback) in &self.variables {
            let name = variable.name.as_str();
            let given = values.get(name).unwrap_or(&serde_json::Value::Null);
            if let serde_json::Value::String(text) = given {
                total += text.len();
                if text.len() > MAX_VALUE || total > MAX_VALUES {
                    return Err(TemplateProblem::new("template_too_large", "").names([name]));
                }
            }
            let read = values::read(variable.kind, given, self.template.language, &self.house.timezone);
            let value = match read {
                Ok(Some(value)) => value,
                Ok(None) => match fallback {
                    Some(fallback) => fallback.clone(),
                    None if variable.required => {
                        missing.push(name);
                        continue;
                    }
                    None => Value::from(""),
                },
                Err(()) => {
                    invalid.push(name);
                    continue;
                }
            };
            pairs.push((Value::from(name), value));
        }
        for (names, code) in [(missing, "template_value_missing"), (invalid, "template_value_invalid")] {
            if !names.is_empty() {
                return Err(TemplateProblem::new(code, "").names(names));
            }
        }
        pairs.extend(self.constants.iter().map(|(name, value)| (Value::from(*name), value.clone())));
        Ok(Value::from_pairs(pairs))
    }

    /// The e-mail for these values. To whom, and from which address, is the sending's.
    pub fn email(&self, values: &Values, footer: &Footer) -> Result<OutgoingEmail, TemplateProblem> {
        let Some(email) = &self.email else {
            return Err(TemplateProblem::new("template_channel_missing", "email"));
        };
        let link = |text: &str| values::address(text).unwrap_or_default();
        let unsubscribe = link(&footer.unsubscribe);
        if unsubscribe.is_empty() && self.template.purpose == Purpose::Marketing {
            return Err(TemplateProblem::new("template_without_unsubscribe", "email"));
        }
        let context = self.context(values)?;
        let words = email.fields.words(&self.environment, &context, |slot, found| match slot {
            Slot::Unsubscribe => Cow::Owned(unsubscribe.clone()),
            Slot::Preferences => Cow::Owned(footer.preferences.as_deref().map(link).unwrap_or_default()),
            Slot::TrackingChoice => {
                Cow::Owned(footer.tracking_choice.as_deref().map(link).unwrap_or_default())
            }
            Slot::AlcoholMention if found.is_empty() => Cow::Borrowed(""),
            Slot::AlcoholMention => Cow::Borrowed(alcohol::MENTION),
        })?;
        let html = email.html.fill(&words);
        if html.len() > MAX_HTML {
            return Err(TemplateProblem::new("template_too_large", "email"));
        }
        let subject = words.get(email.subject).map(|word| word.text.as_ref()).unwrap_or_default();
        let test = if footer.is_test { "[Test] " } else { "" };
        Ok(OutgoingEmail {
            from_name: values::clean(&self.house.name).replace('\n', " "),
            reply_to: (!self.house.reply_to.is_empty()).then(|| self.house.reply_to.clone()),
            subject: format!("{test}{subject}"),
            html,
            text: email.text.fill(&words),
            ..OutgoingEmail::default()
        })
    }

    /// The SMS for these values, with the way to stop unless the provider adds it.
    pub fn sms(&self, values: &Values) -> Result<String, TemplateProblem> {
        let Some(fields) = &self.sms else {
            return Err(TemplateProblem::new("template_channel_missing", "sms"));
        };
        let context = self.context(values)?;
        let words = fields.words(&self.environment, &context, |_, found| {
            Cow::Borrowed(if found.is_empty() { "" } else { alcohol::MENTION_SMS })
        })?;
        let stop = match self.template.purpose {
            Purpose::Marketing => self.house.sms_stop.trim(),
            Purpose::Service => "",
        };
        let mut text = String::new();
        for part in words.iter().map(|word| word.text.as_ref()).chain([stop]).filter(|part| !part.is_empty())
        {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(part);
        }
        if text.chars().count() > MAX_SMS {
            return Err(TemplateProblem::new("template_too_large", "sms"));
        }
        // A no-break space would double the price and shows nothing. So would the month that has a hat, which
        // is written by the program and not by the owner.
        let text = text.replace(['\u{a0}', '\u{202f}'], " ");
        let bare = text.replace("août", "aout");
        Ok(if measure(&bare).encoding == SmsEncoding::Gsm7 { bare } else { text })
    }
}

/// The variables with their fallbacks, checked.
fn declared(template: &Template, house: &House) -> Result<Vec<(Variable, Option<Value>)>, TemplateProblem> {
    let invalid = |variable: &Variable| {
        TemplateProblem::new("template_variable_invalid", "variables").names([variable.name.clone()])
    };
    if template.variables.len() > MAX_VARIABLES {
        return Err(TemplateProblem::new("template_too_large", "variables"));
    }
    let mut declared: Vec<(Variable, Option<Value>)> = Vec::new();
    for variable in &template.variables {
        let name = variable.name.as_str();
        let good_name = name.len() <= 60
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let taken = HOUSE_VARIABLES.contains(&name) || declared.iter().any(|(other, _)| other.name == name);
        if !good_name || taken {
            return Err(invalid(variable));
        }
        let read = |text: &str| {
            let given = serde_json::Value::from(text);
            values::read(variable.kind, &given, template.language, &house.timezone)
                .map_err(|()| invalid(variable))
        };
        let fallback = match variable.fallback.as_deref() {
            // An empty fallback says that nothing stands there.
            Some(text) => Some(read(text)?.unwrap_or_else(|| Value::from(""))),
            None => None,
        };
        read(&variable.sample)?;
        declared.push((variable.clone(), fallback));
    }
    Ok(declared)
}

#[cfg(test)]
pub(crate) mod tests;
