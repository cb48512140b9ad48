//! Customers, their visits, segments and imports, as the API shows them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{Channel, ConsentStanding, Contact, Segment},
    problems,
    store::{
        Connection, StoreError,
        contact_imports::{Import, ImportState},
        contacts::{self, Visit},
        segments::KeptSegment,
    },
};

/// Visits of a person's page.
const SHOWN_VISITS: u32 = 100;

/// One customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ContactView {
    pub id: String,
    pub external_id: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
    /// E.164.
    #[schema(example = "+33639981234")]
    pub phone: Option<String>,
    /// ISO 639-1.
    pub language: Option<String>,
    /// `YYYY-MM-DD`, or `--MM-DD` without the year.
    pub birthday: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    pub distance_km: Option<f64>,
    pub preferred_channel: Option<Channel>,
    pub note: String,
    pub visit_count: i64,
    pub spend_cents: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_visit_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_visit_at: Option<Timestamp>,
    pub email_consent: ConsentStanding,
    pub sms_consent: ConsentStanding,
    pub source: String,
    pub tags: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// A page of customers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ContactPage {
    pub items: Vec<ContactView>,
    /// Give it back as `cursor` for the following page; `null` at the end.
    pub next_cursor: Option<String>,
    /// Without the pages.
    pub total: u64,
}

/// One customer with their history.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ContactFile {
    pub contact: ContactView,
    /// The latest hundred, newest first.
    pub visits: Vec<VisitView>,
    /// Dish and how often it was eaten.
    pub dishes: BTreeMap<String, i64>,
}

/// One visit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct VisitView {
    pub id: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub amount_cents: i64,
    pub covers: Option<i64>,
    pub source: String,
}

pub fn contact_view(connection: &Connection, contact: Contact) -> Result<ContactView, StoreError> {
    let tags = contacts::tags(connection, &contact.id)?.into_iter().collect();
    let details = contact.details;
    Ok(ContactView {
        id: contact.id.to_string(),
        external_id: details.external_id,
        first_name: details.first_name,
        last_name: details.last_name,
        email: details.email,
        phone: details.phone,
        language: details.language,
        birthday: details.birthday,
        postal_code: details.postal_code,
        city: details.city,
        distance_km: details.distance_km,
        preferred_channel: details.preferred_channel,
        note: details.note,
        visit_count: details.visit_count,
        spend_cents: details.spend_cents,
        first_visit_at: details.first_visit_at,
        last_visit_at: details.last_visit_at,
        email_consent: contact.email_consent,
        sms_consent: contact.sms_consent,
        source: contact.source,
        tags,
        created_at: contact.created_at,
        updated_at: contact.updated_at,
    })
}

pub fn contact_file(connection: &Connection, contact: Contact) -> Result<ContactFile, StoreError> {
    let visits = contacts::visits(connection, &contact.id, SHOWN_VISITS)?;
    let dishes = contacts::dishes(connection, &contact.id)?;
    let visits = visits.into_iter().map(VisitView::from).collect();
    Ok(ContactFile { contact: contact_view(connection, contact)?, visits, dishes })
}

impl From<Visit> for VisitView {
    fn from(visit: Visit) -> Self {
        Self {
            id: visit.id,
            at: visit.at,
            amount_cents: visit.amount_cents,
            covers: visit.covers,
            source: visit.source,
        }
    }
}

/// One segment that was kept.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SegmentView {
    pub id: String,
    pub name: String,
    pub tree: Segment,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl From<KeptSegment> for SegmentView {
    fn from(kept: KeptSegment) -> Self {
        Self {
            id: kept.id.to_string(),
            name: kept.name,
            tree: kept.tree,
            created_at: kept.created_at,
            updated_at: kept.updated_at,
        }
    }
}

/// One refusal of an import, with its sentence.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ImportErrorView {
    /// As a spreadsheet counts: the headings are row 1.
    pub row: u64,
    /// Heading of the column.
    pub column: String,
    pub code: String,
    pub detail: String,
    pub detail_en: String,
}

/// One import.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ContactImportView {
    pub id: String,
    pub file_name: String,
    pub state: ImportState,
    /// Code of why it failed.
    pub problem: Option<String>,
    pub rows_read: u64,
    pub created: u64,
    pub updated: u64,
    pub refused: u64,
    pub consents_recorded: u64,
    /// Claims of consent without what proves them.
    pub consents_ignored: u64,
    /// The first thousand.
    pub errors: Vec<ImportErrorView>,
    pub actor: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undone_at: Option<Timestamp>,
}

impl From<Import> for ContactImportView {
    fn from(import: Import) -> Self {
        let errors = import.errors.into_iter().map(|error| {
            let text = problems::find_or_general(&error.code);
            ImportErrorView {
                row: error.row,
                column: error.column,
                detail: format!("{} {}", text.detail, text.next_step),
                detail_en: format!("{} {}", text.detail_en, text.next_step_en),
                code: error.code,
            }
        });
        Self {
            id: import.id,
            file_name: import.file_name,
            state: import.state,
            problem: import.problem,
            rows_read: import.rows_read,
            created: import.created,
            updated: import.updated,
            refused: import.refused,
            consents_recorded: import.consents_recorded,
            consents_ignored: import.consents_ignored,
            errors: errors.collect(),
            actor: import.actor,
            created_at: import.created_at,
            undone_at: import.undone_at,
        }
    }
}
