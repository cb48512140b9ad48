//! Figures as people and programs see them: added up for each network, by day for each account, and for
//! each post.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Lookup, ProblemView};
use crate::{
    connectors::Insights,
    domain::{
        Account, Engagement, Figures, RawFigures,
        formulas::{self, FORMULA_VERSION, Subject},
    },
    store::{
        Connection, StoreError,
        figures::{self, Filter, PostRow},
    },
};

/// Most posts of one answer; the sums are of all.
const MOST_POSTS: usize = 500;
/// Characters of a post's words.
const EXCERPT: usize = 160;

/// The figures of a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnalyticsView {
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// Goes up when the way in which measures are worked out changes.
    pub formula_version: u32,
    /// The newest answer of any network.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub collected_at: Option<Timestamp>,
    pub totals: GroupView,
    /// Networks with an account or a post of the period.
    pub platforms: Vec<PlatformFiguresView>,
    pub accounts: Vec<AccountFiguresView>,
    /// Newest first, at most 500.
    pub posts: Vec<PostFiguresView>,
    /// Posts of the period that are not listed.
    pub posts_left_out: usize,
}

/// Several posts together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupView {
    /// Posts that were published in the period.
    pub posts: usize,
    /// Those of them whose figures are known.
    pub measured: usize,
    /// Sums of what the networks say. `followers` are those of now.
    pub figures: Figures,
    /// `null`: not measurable, or measured in different ways.
    pub engagement: Option<Engagement>,
}

/// One network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlatformFiguresView {
    #[schema(example = "facebook")]
    pub platform: String,
    pub name: String,
    /// The network tells figures at all.
    pub tells_figures: bool,
    /// It tells them for each post; otherwise its figures are those of the account in the period.
    pub tells_posts: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub collected_at: Option<Timestamp>,
    #[serde(flatten)]
    pub group: GroupView,
}

/// One account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccountFiguresView {
    /// Account id.
    pub account: String,
    pub label: String,
    #[schema(example = "facebook")]
    pub platform: String,
    /// Last time that the network told anything of the account or its posts.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub collected_at: Option<Timestamp>,
    /// Why it told nothing at the last attempt.
    pub problem: Option<ProblemView>,
    pub followers: Option<i64>,
    /// From the first to the last day of the period on which they are known.
    pub followers_change: Option<i64>,
    /// Every day of the period.
    pub days: Vec<DayView>,
}

/// One day of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DayView {
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// `null`: nothing is known of this day.
    pub figures: Option<Figures>,
}

/// One post on one account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PostFiguresView {
    pub post_id: String,
    pub delivery_id: String,
    /// Account id.
    pub account: String,
    pub account_label: String,
    #[schema(example = "facebook")]
    pub platform: String,
    /// Beginning of its words.
    pub text: String,
    pub permalink: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub published_at: Timestamp,
    /// `null`: its figures were never told.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub collected_at: Option<Timestamp>,
    pub figures: Figures,
    pub engagement: Option<Engagement>,
    /// Why nothing was told of it at the last attempt.
    pub problem: Option<ProblemView>,
    /// Everything that was taken of it, oldest first; only when one post is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<Vec<SampleView>>,
}

/// Figures of a post at an instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SampleView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub figures: Figures,
    /// The network's own names and numbers.
    #[schema(value_type = std::collections::BTreeMap<String, i64>)]
    pub raw: RawFigures,
}

/// Makes the view.
pub fn analytics_view(
    connection: &Connection,
    lookup: &Lookup,
    filter: &Filter,
) -> Result<AnalyticsView, StoreError> {
    let rows = figures::posts(connection, filter)?;
    let mut posts = Vec::with_capacity(rows.len());
    for row in rows {
        posts.push(post_view(connection, lookup, filter, row)?);
    }
    let mut accounts = Vec::new();
    let mut days_of = BTreeMap::new();
    for account in lookup.accounts().filter(|account| is_meant(account, filter, &posts)) {
        let (view, sum) = account_view(connection, filter, account)?;
        days_of.insert(view.account.clone(), sum);
        accounts.push(view);
    }

    let names: BTreeSet<&str> = posts
        .iter()
        .map(|post| post.platform.as_str())
        .chain(accounts.iter().map(|account| account.platform.as_str()))
        .collect();
    let mut totals = Group::default();
    let mut platforms = Vec::new();
    for platform in names {
        let insights = lookup.registry.get(platform).and_then(|connector| connector.insights());
        let tells_posts = insights.is_some_and(Insights::tells_posts);
        let mut group = Group::default();
        for post in posts.iter().filter(|post| post.platform == platform) {
            group.add_post(post);
            totals.add_post(post);
        }
        let mut collected_at =
            posts.iter().filter(|post| post.platform == platform).filter_map(|post| post.collected_at).max();
        for account in accounts.iter().filter(|account| account.platform == platform) {
            // Numbers of an account and numbers of its posts are not added up: they count the same looks.
            let of_days = days_of.get(&account.account).filter(|_| insights.is_some() && !tells_posts);
            let followers = Figures { followers: account.followers, ..Figures::default() };
            for one in [Some(&followers), of_days].into_iter().flatten() {
                group.view.figures.add(one);
                totals.view.figures.add(one);
            }
            collected_at = collected_at.max(account.collected_at);
        }
        platforms.push(PlatformFiguresView {
            platform: platform.to_owned(),
            name: lookup.platform_name(platform),
            tells_figures: insights.is_some(),
            tells_posts,
            collected_at,
            group: group.finish(),
        });
    }
    let posts_left_out = posts.len().saturating_sub(MOST_POSTS);
    posts.truncate(MOST_POSTS);
    Ok(AnalyticsView {
        from: filter.from,
        to: filter.to,
        formula_version: FORMULA_VERSION,
        collected_at: platforms.iter().filter_map(|platform| platform.collected_at).max(),
        totals: totals.finish(),
        platforms,
        accounts,
        posts,
        posts_left_out,
    })
}

fn is_meant(account: &Account, filter: &Filter, posts: &[PostFiguresView]) -> bool {
    filter.account.as_deref().is_none_or(|id| id == account.id.as_str())
        && filter.platform.as_deref().is_none_or(|platform| platform == account.platform)
        && (filter.post.is_none() || posts.iter().any(|post| post.account == account.id.as_str()))
}

fn post_view(
    connection: &Connection,
    lookup: &Lookup,
    filter: &Filter,
    row: PostRow,
) -> Result<PostFiguresView, StoreError> {
    let work_out = |raw: &RawFigures| formulas::figures(&row.platform, Subject::Post, raw);
    let figures = row.raw.as_ref().map(work_out).unwrap_or_default();
    let samples = if filter.post.is_some() {
        let taken = figures::samples(connection, &row.delivery)?;
        Some(taken.into_iter().map(|(at, raw)| SampleView { at, figures: work_out(&raw), raw }).collect())
    } else {
        None
    };
    let words = row.content.shown();
    let words = if words.text.trim().is_empty() { words.title.as_deref() } else { Some(words.text.as_str()) };
    Ok(PostFiguresView {
        post_id: row.post_id,
        delivery_id: row.delivery.to_string(),
        account_label: lookup.label(row.account.as_str(), &row.platform),
        account: row.account.to_string(),
        text: excerpt(words.unwrap_or_default()),
        permalink: row.permalink,
        published_at: row.published_at,
        collected_at: row.collected_at,
        engagement: figures.engagement(),
        figures,
        problem: row.problem.as_ref().map(ProblemView::from),
        samples,
        platform: row.platform,
    })
}

fn excerpt(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(EXCERPT) {
        None => text,
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
    }
}

/// The view, and what the network counted in all days together.
fn account_view(
    connection: &Connection,
    filter: &Filter,
    account: &Account,
) -> Result<(AccountFiguresView, Figures), StoreError> {
    let state = figures::state(connection, &account.id)?;
    let known: BTreeMap<Date, Figures> = figures::account_days(connection, &account.id, filter.days)?
        .into_iter()
        .map(|day| (day.day, formulas::figures(&account.platform, Subject::Account, &day.raw)))
        .collect();
    let mut sum = Figures::default();
    for figures in known.values() {
        // People who came on two days would count twice.
        sum.add(&Figures { followers: None, reach: None, ..*figures });
    }
    let mut followers = known.values().filter_map(|figures| figures.followers);
    let first = followers.next();
    let last = followers.next_back();
    let (from, to) = filter.days;
    let days = from
        .series(jiff::Span::new().days(1))
        .take_while(|day| *day <= to)
        .map(|day| DayView { day, figures: known.get(&day).copied() })
        .collect();
    let view = AccountFiguresView {
        account: account.id.to_string(),
        label: account.label.clone(),
        platform: account.platform.clone(),
        collected_at: state.taken_at,
        problem: state.problem.as_ref().map(ProblemView::from),
        followers: last.or(first),
        followers_change: last.and_then(|last| Some(last - first?)),
        days,
    };
    Ok((view, sum))
}

/// A group while it is added up.
#[derive(Default)]
struct Group {
    view: GroupView,
    measured_by: Vec<Engagement>,
}

impl Group {
    fn add_post(&mut self, post: &PostFiguresView) {
        self.view.posts += 1;
        self.view.measured += usize::from(!post.figures.is_empty());
        self.view.figures.add(&post.figures);
        self.measured_by.extend(post.engagement);
    }

    fn finish(mut self) -> GroupView {
        if let Some(first) = self.measured_by.first()
            && self.measured_by.iter().all(|one| one.base == first.base)
        {
            let sum =
                |of: fn(&Engagement) -> i64| self.measured_by.iter().map(of).fold(0_i64, i64::saturating_add);
            let (interactions, out_of) = (sum(|one| one.interactions), sum(|one| one.out_of));
            self.view.engagement = Some(Engagement::of(interactions, out_of, first.base));
        }
        self.view
    }
}
