//! What a template will say, to at most three people or with its samples; and how long an SMS is.

use axum::{Json as Answer, extract::State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::templates::{beside, field_problem, find, house};
use crate::{
    api::{
        ApiState,
        caller::Reader,
        extract::Json,
        problem::{ApiError, FieldProblem, ProblemBody},
    },
    domain::{
        ContactId, Template, TemplateBody, TemplateProblem, Values,
        sms::{SmsMeasure, measure, plain},
    },
    notifications::{Footer, House, Renderer},
    store::{StoreError, templates},
};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(preview_template)).routes(routes!(measure_sms))
}

/// Most people of one preview.
const MAX_PEOPLE: usize = 3;
/// Gmail shows no more of a mail.
const CLIPPED: usize = 102 * 1024;
const MAX_SMS_TEXT: usize = 10_000;

/// What to show: a stored template by its id, or one that is being written.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewTemplate {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "promotion_annonce")]
    pub template_id: Option<String>,
    /// Of the stored one; the latest unless it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateBody>,
    /// Values of the sending. Samples stand where one is missing.
    #[serde(default)]
    pub data: Values,
    /// At most three people; without any, the samples.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub contact_ids: Vec<ContactId>,
}

/// What a template will say.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TemplatePreview {
    pub previews: Vec<MessagePreview>,
    /// Values that the template does not know.
    pub unknown: Vec<String>,
    /// Why it cannot be sent yet.
    pub problems: Vec<FieldProblem>,
}

/// One message as the person reads it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct MessagePreview {
    #[schema(value_type = Option<String>)]
    pub contact_id: Option<ContactId>,
    /// Variables that need a value and have none; a sample stands there.
    pub missing: Vec<String>,
    pub subject: Option<String>,
    pub html: Option<String>,
    /// The mail in plain text.
    pub text: Option<String>,
    pub html_bytes: Option<usize>,
    pub sms: Option<String>,
    pub sms_measure: Option<SmsMeasure>,
    /// It is not true any more from then on, and not sent.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub valid_until: Option<Timestamp>,
    /// Words that make it an advertisement for alcohol.
    pub alcohol: Vec<String>,
    /// What to look at again; nothing of it keeps the message from leaving.
    pub remarks: Vec<FieldProblem>,
}

/// Shows what a template will say. Nothing is sent and nothing is kept.
#[utoipa::path(
    post, path = "/api/communication/templates/preview", tag = "templates",
    request_body(content = PreviewTemplate, example = json!({
        "template_id": "promotion_annonce",
        "data": {"promotion_name": "Happy Hour", "discount": "20%", "valid_until": "2025-04-20"},
    })),
    responses(
        (status = 200, description = "The messages", body = TemplatePreview),
        (status = 404, description = "template_unknown, not_found", body = ProblemBody),
        (status = 422, description = "missing_field, invalid_field, template_invalid, \
            template_channel_missing, template_value_invalid, template_variable_invalid, \
            template_variable_unknown, template_too_heavy, template_too_large, \
            template_image_not_public", body = ProblemBody),
    )
)]
pub async fn preview_template(
    State(state): State<ApiState>,
    _: Reader,
    Json(asked): Json<PreviewTemplate>,
) -> Result<Answer<TemplatePreview>, ApiError> {
    let template = match (asked.template_id, asked.template) {
        (Some(id), None) => find(&state, &id, asked.version).await?.template,
        (None, Some(body)) => Template::new("preview", 0, body),
        _ => return Err(ApiError::new("missing_field").field(FieldProblem::new("template", "missing_field"))),
    };
    if asked.contact_ids.len() > MAX_PEOPLE {
        return Err(ApiError::new("invalid_field").field(FieldProblem::new("contact_ids", "invalid_field")));
    }
    let ids = asked.contact_ids;
    let people = state.store().read(move |connection| {
        let of = |id: ContactId| {
            let values = templates::person_values(connection, &id)?.ok_or(StoreError::NotFound)?;
            Ok((Some(id), values))
        };
        ids.into_iter().map(of).collect::<Result<Vec<_>, StoreError>>()
    });
    let mut people = people.await?;
    if people.is_empty() {
        people.push((None, Values::default()));
    }
    let (house, data) = (house(&state), asked.data);
    Ok(Answer(beside(move || preview(&template, &house, &data, people)).await??))
}

fn preview(
    template: &Template,
    house: &House,
    data: &Values,
    people: Vec<(Option<ContactId>, Values)>,
) -> Result<TemplatePreview, TemplateProblem> {
    let renderer = Renderer::draft(template, house)?;
    let previews = people
        .into_iter()
        .map(|(contact_id, own)| message(&renderer, house, data, contact_id, &own))
        .collect::<Result<_, _>>()?;
    Ok(TemplatePreview {
        previews,
        unknown: renderer.unknown(data),
        problems: renderer.missing_from_law().iter().map(field_problem).collect(),
    })
}

fn message(
    renderer: &Renderer,
    house: &House,
    data: &Values,
    contact_id: Option<ContactId>,
    own: &Values,
) -> Result<MessagePreview, TemplateProblem> {
    let given = data.merged(own);
    let missing = renderer.missing(&given);
    // A person's own gaps are shown as they will be: only what must be there is filled in.
    let samples = renderer.samples();
    let mut values = if contact_id.is_none() { samples.merged(&given) } else { given.clone() };
    for name in &missing {
        if let Some(sample) = samples.get(name) {
            values.set(name.clone(), sample.clone());
        }
    }
    let template = renderer.template();
    let footer = Footer { unsubscribe: unsubscribe(house), ..Footer::default() };
    let email = template.email.as_ref().map(|_| renderer.email(&values, &footer)).transpose()?;
    let sms = template.sms.as_ref().map(|_| renderer.sms(&values)).transpose()?;
    let alcohol = renderer.alcohol(&values)?;
    let mut remarks = Vec::new();
    if !alcohol.is_empty() {
        remarks.push(FieldProblem::new("alcohol", "alcohol_mention_added"));
    }
    let html_bytes = email.as_ref().map(|email| email.html.len());
    if html_bytes.is_some_and(|bytes| bytes > CLIPPED) {
        remarks.push(FieldProblem::new("email", "email_will_be_clipped"));
    }
    let (subject, html, text) =
        email.map_or((None, None, None), |email| (Some(email.subject), Some(email.html), Some(email.text)));
    Ok(MessagePreview {
        contact_id,
        missing,
        subject,
        html,
        text,
        html_bytes,
        sms_measure: sms.as_deref().map(measure),
        sms,
        valid_until: renderer.valid_until(&values),
        alcohol,
        remarks,
    })
}

/// A link in the place of the person's own.
fn unsubscribe(house: &House) -> String {
    if house.reply_to.is_empty() {
        return "https://levieuxmoulin.example/".to_owned();
    }
    format!("mailto:{}", house.reply_to)
}

/// A text to measure.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SmsText {
    #[schema(example = "Soirée crêpes ce vendredi…")]
    pub text: String,
}

/// How long a text is as an SMS, and as a cheaper one.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SmsLength {
    pub measure: SmsMeasure,
    /// The same words in the cheap alphabet, as far as that is possible.
    pub plain: String,
    pub plain_measure: SmsMeasure,
}

/// Measures a text as an SMS: alphabet, parts, and which characters make it dear.
#[utoipa::path(
    post, path = "/api/communication/sms/measure", tag = "templates",
    request_body(content = SmsText, example = json!({"text": "Soirée crêpes ce vendredi…"})),
    responses(
        (status = 200, description = "Its length", body = SmsLength),
        (status = 422, description = "template_too_large", body = ProblemBody),
    )
)]
pub async fn measure_sms(_: Reader, Json(asked): Json<SmsText>) -> Result<Answer<SmsLength>, ApiError> {
    if asked.text.len() > MAX_SMS_TEXT {
        return Err(TemplateProblem::new("template_too_large", "text").into());
    }
    let cheap = plain(&asked.text);
    Ok(Answer(SmsLength { measure: measure(&asked.text), plain_measure: measure(&cheap), plain: cheap }))
}
