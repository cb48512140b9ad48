//! How the public takes a post: numbers that grow with its age, quickly at first and then slower, as they do
//! on real networks.
//!
//! Nothing is drawn by lot and nothing is counted up: the id of a post says how well it does, and the clock
//! how far it has come. So two looks at one moment agree, and a restart changes nothing.

use jiff::Timestamp;

use crate::media::sha256;

/// What people did with a post up to a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Audience {
    /// People who saw it.
    pub reach: i64,
    /// How often it was shown.
    pub views: i64,
    pub likes: i64,
    pub comments: i64,
    pub shares: i64,
    pub saves: i64,
    pub clicks: i64,
}

/// Half of what a post will ever reach comes within this time.
const HALF_LIFE_SECS: f64 = 9.0 * 3600.0;

impl Audience {
    /// The audience at `now` of what was published at `since`.
    pub fn of(id: &str, since: Timestamp, now: Timestamp) -> Self {
        let age = now.duration_since(since).as_secs_f64().max(0.0);
        let grown = 1.0 - 0.5_f64.powf(age / HALF_LIFE_SECS);
        let luck = sha256(id.as_bytes());
        let lot = |n: usize| f64::from(luck.get(n).copied().unwrap_or(b'7') % 32) / 31.0;
        let reach = (180.0 + 900.0 * lot(0)) * grown;
        let part = |share: f64| (reach * share) as i64;
        Self {
            reach: reach as i64,
            views: part(1.2 + 0.4 * lot(1)),
            likes: part(0.03 + 0.05 * lot(2)),
            comments: part(0.002 + 0.012 * lot(3)),
            shares: part(0.02 + 0.02 * lot(4)),
            saves: part(0.001 + 0.01 * lot(5)),
            clicks: part(0.005 + 0.03 * lot(6)),
        }
    }
}

/// Followers of an account that had `at_first` and has published so many posts since.
pub(crate) fn followers(at_first: i64, posts: usize) -> i64 {
    at_first + 3 * i64::try_from(posts).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn it_begins_at_nothing_never_shrinks_and_comes_to_rest() {
        let since: Timestamp = "2026-11-27T17:30:00Z".parse().unwrap();
        let at = |hours| Audience::of("post-1", since, since + SignedDuration::from_hours(hours));
        let start = at(0);
        assert_eq!((start.reach, start.likes, start.clicks), (0, 0, 0));
        for hour in 0..200 {
            let (before, after) = (at(hour), at(hour + 1));
            assert!(after.reach >= before.reach && after.likes >= before.likes, "{hour}");
            assert!(after.views >= after.reach && after.reach >= after.likes, "{hour}");
        }
        assert!(at(9).reach > 80 && at(1).reach > 0);
        assert!(at(720).reach - at(480).reach <= 1);
        assert_ne!(Audience::of("post-2", since, since + SignedDuration::from_hours(9)), at(9));
    }
}
