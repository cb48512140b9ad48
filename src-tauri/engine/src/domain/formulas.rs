//! How the networks' own metrics become the common measures.
//!
//! One row for each way to know a measure: the sum of its terms, all of which must be there. Where a
//! measure has several rows, the first that can be worked out counts. `name.*` is the sum of all parts of
//! a metric that is split up. Sources of the names: the connectors' `insights.rs`.

use super::figures::{Figures, Measure, RawFigures};

/// Goes up with each change of the table; answers carry it.
pub const FORMULA_VERSION: u32 = 1;

/// What the metrics are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Post,
    Account,
}

struct Formula {
    platform: &'static str,
    subject: Subject,
    measure: Measure,
    terms: &'static [&'static str],
}

const fn post(platform: &'static str, measure: Measure, terms: &'static [&'static str]) -> Formula {
    Formula { platform, subject: Subject::Post, measure, terms }
}

const fn account(platform: &'static str, measure: Measure, terms: &'static [&'static str]) -> Formula {
    Formula { platform, subject: Subject::Account, measure, terms }
}

use Measure as M;

static FORMULAS: &[Formula] = &[
    // Facebook splits views into paid and organic since the media-view metrics.
    post("facebook", M::Views, &["post_media_view"]),
    post("facebook", M::Views, &["post_media_view.*"]),
    post("facebook", M::Reach, &["post_total_media_view_unique"]),
    post("facebook", M::Likes, &["reactions"]),
    post("facebook", M::Comments, &["comments"]),
    post("facebook", M::Shares, &["shares"]),
    post("facebook", M::Clicks, &["post_clicks"]),
    account("facebook", M::Views, &["page_media_view"]),
    account("facebook", M::Views, &["page_media_view.*"]),
    account("facebook", M::Reach, &["page_total_media_view_unique"]),
    account("facebook", M::Followers, &["followers_count"]),
    post("instagram", M::Views, &["views"]),
    post("instagram", M::Reach, &["reach"]),
    post("instagram", M::Likes, &["likes"]),
    post("instagram", M::Comments, &["comments"]),
    post("instagram", M::Comments, &["replies"]),
    post("instagram", M::Shares, &["shares", "reposts"]),
    post("instagram", M::Shares, &["shares"]),
    post("instagram", M::Saves, &["saved"]),
    account("instagram", M::Views, &["views"]),
    account("instagram", M::Reach, &["reach"]),
    account("instagram", M::Clicks, &["profile_links_taps"]),
    account("instagram", M::Followers, &["followers_count"]),
    post("threads", M::Views, &["views"]),
    post("threads", M::Likes, &["likes"]),
    post("threads", M::Comments, &["replies"]),
    post("threads", M::Shares, &["reposts", "quotes", "shares"]),
    post("threads", M::Shares, &["reposts", "quotes"]),
    post("threads", M::Shares, &["reposts"]),
    account("threads", M::Views, &["views"]),
    account("threads", M::Followers, &["followers_count"]),
    post("bluesky", M::Likes, &["likeCount"]),
    post("bluesky", M::Comments, &["replyCount"]),
    post("bluesky", M::Shares, &["repostCount", "quoteCount"]),
    post("bluesky", M::Shares, &["repostCount"]),
    post("bluesky", M::Saves, &["bookmarkCount"]),
    account("bluesky", M::Followers, &["followersCount"]),
    post("mastodon", M::Likes, &["favourites_count"]),
    post("mastodon", M::Comments, &["replies_count"]),
    // Quotes are counted since Mastodon 4.5.
    post("mastodon", M::Shares, &["reblogs_count", "quotes_count"]),
    post("mastodon", M::Shares, &["reblogs_count"]),
    account("mastodon", M::Followers, &["followers_count"]),
    post("pinterest", M::Views, &["IMPRESSION"]),
    post("pinterest", M::Likes, &["TOTAL_REACTIONS"]),
    post("pinterest", M::Comments, &["TOTAL_COMMENTS"]),
    post("pinterest", M::Saves, &["SAVE"]),
    post("pinterest", M::Clicks, &["PIN_CLICK", "OUTBOUND_CLICK"]),
    account("pinterest", M::Views, &["IMPRESSION"]),
    account("pinterest", M::Saves, &["SAVE"]),
    account("pinterest", M::Clicks, &["PIN_CLICK", "OUTBOUND_CLICK"]),
    account("pinterest", M::Followers, &["follower_count"]),
    account(
        "google_business",
        M::Views,
        &[
            "BUSINESS_IMPRESSIONS_DESKTOP_MAPS",
            "BUSINESS_IMPRESSIONS_DESKTOP_SEARCH",
            "BUSINESS_IMPRESSIONS_MOBILE_MAPS",
            "BUSINESS_IMPRESSIONS_MOBILE_SEARCH",
        ],
    ),
    account("google_business", M::Clicks, &["BUSINESS_DIRECTION_REQUESTS", "CALL_CLICKS", "WEBSITE_CLICKS"]),
    post("linkedin", M::Views, &["impressionCount"]),
    post("linkedin", M::Reach, &["uniqueImpressionsCount"]),
    post("linkedin", M::Likes, &["likeCount"]),
    post("linkedin", M::Comments, &["commentCount"]),
    post("linkedin", M::Shares, &["shareCount"]),
    post("linkedin", M::Clicks, &["clickCount"]),
    account("linkedin", M::Followers, &["firstDegreeSize"]),
    post("x", M::Views, &["impression_count"]),
    post("x", M::Likes, &["like_count"]),
    post("x", M::Comments, &["reply_count"]),
    post("x", M::Shares, &["retweet_count", "quote_count"]),
    post("x", M::Shares, &["retweet_count"]),
    post("x", M::Saves, &["bookmark_count"]),
    account("x", M::Followers, &["followers_count"]),
];

/// The common measures of what a network said.
pub fn figures(platform: &str, subject: Subject, raw: &RawFigures) -> Figures {
    let mut figures = Figures::default();
    let own = FORMULAS.iter().filter(|row| row.platform == platform && row.subject == subject);
    for formula in own {
        if figures.get(formula.measure).is_none() {
            figures.set(formula.measure, sum(formula.terms, raw));
        }
    }
    figures
}

fn sum(terms: &[&str], raw: &RawFigures) -> Option<i64> {
    terms.iter().try_fold(0_i64, |sum, term| Some(sum.saturating_add(value(term, raw)?)))
}

fn value(term: &str, raw: &RawFigures) -> Option<i64> {
    let Some(whole) = term.strip_suffix('*') else { return raw.get(term) };
    let mut parts = raw.0.iter().filter(|(name, _)| name.starts_with(whole)).map(|(_, number)| *number);
    let first = parts.next()?;
    Some(parts.fold(first, i64::saturating_add))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(pairs: &[(&str, i64)]) -> RawFigures {
        RawFigures(pairs.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect())
    }

    #[test]
    fn the_first_way_that_can_be_worked_out_counts() {
        let with_quotes = raw(&[("repostCount", 3), ("quoteCount", 2), ("likeCount", 9)]);
        let found = figures("bluesky", Subject::Post, &with_quotes);
        assert_eq!((found.shares, found.likes, found.views), (Some(5), Some(9), None));
        let without = figures("bluesky", Subject::Post, &raw(&[("repostCount", 3)]));
        assert_eq!((without.shares, without.likes), (Some(3), None));
    }

    #[test]
    fn parts_are_added_up_and_missing_terms_make_it_absent() {
        let split = raw(&[("page_media_view.organic", 40), ("page_media_view.paid", 2), ("page_media", 7)]);
        assert_eq!(figures("facebook", Subject::Account, &split).views, Some(42));
        let some_days = raw(&[("CALL_CLICKS", 4), ("WEBSITE_CLICKS", 1)]);
        assert_eq!(figures("google_business", Subject::Account, &some_days).clicks, None);
        assert_eq!(figures("facebook", Subject::Post, &split), Figures::default());
        assert_eq!(figures("unheard_of", Subject::Post, &split), Figures::default());
    }
}
