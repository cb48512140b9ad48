//! The gates that an intent passes before it becomes deliveries: time, targets, pictures, rules of
//! each network. The same gates run in the preview, when planning, and again when it leaves.

use std::collections::HashSet;

use serde_json::json;

use super::{FieldError, Orchestrator, Refusal, Warning};
use crate::{
    config::near::near_matches,
    connectors::{MediaSource as _, Severity, with_addresses},
    domain::{
        Account, AccountState, PostContent, PostMedia, Schedule,
        schedule::{self, ScheduleError, ScheduleNote},
    },
    social::{Adapted, adapt, media_desk::pictures_broken},
    store::{accounts, media},
};

/// Most different names in one request: each is looked up.
const MAX_TARGETS: usize = 100;

/// What one account would show.
#[derive(Clone, Debug)]
pub struct Preview {
    pub account: Account,
    pub adapted: Adapted,
}

/// The accounts a post goes to.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets {
    pub accounts: Vec<Account>,
    /// Platforms without an account.
    pub not_connected: Vec<String>,
}

impl Orchestrator {
    /// Shows a content as each target would; nothing is stored.
    pub async fn preview(
        &self,
        content: &PostContent,
        platforms: &[String],
    ) -> Result<Vec<Preview>, Refusal> {
        let mut content = content.clone();
        let sizes = self.fill_in_media(&mut content).await?;
        let targets = self.targets(platforms).await?;
        self.adapt_all(&targets, &content, &sizes)
    }

    /// BCP 47 language of what the house writes.
    pub(super) fn language(&self) -> &'static str {
        match self.settings().language {
            crate::config::Language::Fr => "fr",
            crate::config::Language::En => "en",
        }
    }

    /// `sizes`: width and height of each picture that is in the library.
    pub(super) fn adapt_all(
        &self,
        targets: &Targets,
        content: &PostContent,
        sizes: &[(u32, u32)],
    ) -> Result<Vec<Preview>, Refusal> {
        let language = self.language();
        targets
            .accounts
            .iter()
            .map(|account| {
                let connector =
                    self.registry.get(&account.platform).ok_or_else(|| Refusal::new("unknown_platform"))?;
                let mut adapted = adapt(&**connector, account, content, language);
                adapted.problems = with_addresses(adapted.problems, self.desk.lends_addresses());
                adapted.problems.extend(pictures_broken(sizes, &adapted.limits.image));
                Ok(Preview { account: account.clone(), adapted })
            })
            .collect()
    }

    /// Finds the account of each platform name or account id, once each, in the given order.
    pub(super) async fn targets(&self, platforms: &[String]) -> Result<Targets, Refusal> {
        let mut targets = Targets::default();
        let mut seen = HashSet::new();
        let names: Vec<_> =
            platforms.iter().enumerate().filter(|(_, name)| seen.insert(name.trim())).collect();
        if names.len() > MAX_TARGETS {
            return Err(Refusal::new("too_many_platforms").field("platforms", &[]));
        }
        for (index, name) in names {
            let wanted = name.trim().to_owned();
            let known = self.registry.get(&wanted).is_some();
            let account = self
                .store
                .read(move |c| {
                    if known {
                        return accounts::default_of(c, &wanted);
                    }
                    let account = accounts::find(c, &wanted.as_str().into())?;
                    Ok(account.filter(|account| account.state != AccountState::Removed))
                })
                .await?;
            match account {
                Some(account) if targets.accounts.iter().any(|other| other.id == account.id) => {}
                Some(account) => targets.accounts.push(account),
                None if known => targets.not_connected.push(name.trim().to_owned()),
                None => {
                    let near = near_matches(name, self.registry.ids());
                    return Err(Refusal::new("unknown_platform").field(
                        format!("platforms[{index}]"),
                        &[("name", json!(name)), ("near", json!(near))],
                    ));
                }
            }
        }
        Ok(targets)
    }

    /// Reads the time of a request. `None` = at once.
    pub(super) fn schedule(
        &self,
        text: Option<&str>,
        zone: Option<&str>,
    ) -> Result<Option<Schedule>, Refusal> {
        let house = self.settings().house.timezone;
        let zone = zone.unwrap_or(&house);
        // A zone that does not exist is a mistake also where no time needs it.
        let schedule = match text {
            Some(text) => Schedule::parse(text, zone).map(Some),
            None => schedule::zone(zone).map(|_| None),
        };
        schedule.map_err(|error| match error {
            ScheduleError::NotATime(text) => {
                Refusal::new("invalid_time").field("scheduled_time", &[("value", json!(text))])
            }
            ScheduleError::UnknownZone(zone) => {
                Refusal::new("unknown_timezone").field("timezone", &[("value", json!(zone))])
            }
        })
    }

    /// Completes the pictures of a content from the library. Returns their widths and heights.
    pub(super) async fn fill_in_media(&self, content: &mut PostContent) -> Result<Vec<(u32, u32)>, Refusal> {
        let mut sizes = Vec::with_capacity(content.media.len());
        for index in 0..content.media.len() {
            let Some(picture) = content.media.get_mut(index) else { break };
            let id = picture.media_id.clone();
            let row = self.store.read(move |c| media::find(c, &id)).await?;
            let Some(row) = row else {
                return Err(Refusal::new("media_unknown").field(
                    format!("content.media[{index}].media_id"),
                    &[("value", json!(picture.media_id))],
                ));
            };
            if picture.alt_text.trim().is_empty() {
                picture.alt_text = row.alt_text;
            }
            picture.source_url = picture.source_url.take().or(row.source_url);
            sizes.push((row.width, row.height));
        }
        Ok(sizes)
    }

    /// Fetches the picture of `media_url` into the library.
    ///
    /// Without a network, or while that server is in trouble, the address is kept and fetched when the
    /// post leaves; a refusal of the picture or of its address is final. `sizes` grows with the pictures.
    pub(super) async fn fetch_media_url(
        &self,
        content: &mut PostContent,
        sizes: &mut Vec<(u32, u32)>,
    ) -> Result<(), Refusal> {
        let Some(url) = content.media_url.clone() else { return Ok(()) };
        let alt_text = content.alt_text.clone().unwrap_or_default();
        match self.desk.add_url(&url, &alt_text).await {
            Ok(row) => {
                content.media.push(PostMedia {
                    media_id: row.id,
                    alt_text: row.alt_text,
                    source_url: Some(url),
                });
                sizes.push((row.width, row.height));
                content.media_url = None;
                content.alt_text = None;
                Ok(())
            }
            Err(error) if error.may_pass() => Ok(()),
            Err(error) => {
                let refusal = Refusal::from(error);
                Err(refusal.field("content.media_url", &[]))
            }
        }
    }
}

/// Everything that a network would refuse, by platform.
pub(super) fn refusals(previews: &[Preview]) -> Vec<FieldError> {
    previews
        .iter()
        .flat_map(|preview| {
            preview.adapted.problems.iter().filter(|p| p.severity == Severity::Error).map(|problem| {
                FieldError {
                    field: preview.account.platform.clone(),
                    code: problem.code.clone(),
                    values: problem.values.clone().into_iter().collect(),
                }
            })
        })
        .collect()
}

/// What the caller should know although nothing is refused.
pub(super) fn warnings(targets: &Targets, schedule: Option<&Schedule>) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = targets
        .not_connected
        .iter()
        .map(|platform| Warning { code: "left_out_not_connected".into(), subject: platform.clone() })
        .collect();
    if let Some((schedule, note)) = schedule.and_then(|s| s.note.map(|note| (s, note))) {
        let code = match note {
            ScheduleNote::GapMoved => "time_gap_moved",
            ScheduleNote::FoldFirst => "time_fold_first",
        };
        warnings.push(Warning { code: code.into(), subject: schedule.local.to_string() });
    }
    warnings
}
