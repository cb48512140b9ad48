//! Figures of the demonstration's past posts: as if they had been collected, so that the results have
//! something to show before anything was published. The posts of that past are on no pretend network, so
//! nobody is ever asked about them.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{Delivery, RawFigures},
    store::{StoreError, Tx, figures},
};

/// Hours after a publication at which something was taken.
const HOURS: [i64; 12] = [0, 1, 2, 4, 8, 16, 24, 36, 48, 120, 240, 480];
/// Half of what a post reaches comes within this time.
const HALF_LIFE_HOURS: f64 = 9.0;

/// A network's own names, and their share of the people reached.
const SHARES: [(&str, &[(&str, f64)]); 4] = [
    (
        "facebook",
        &[
            ("post_media_view.organic", 1.4),
            ("post_total_media_view_unique", 1.0),
            ("post_clicks", 0.022),
            ("reactions", 0.055),
            ("comments", 0.009),
            ("shares", 0.013),
        ],
    ),
    (
        "instagram",
        &[
            ("views", 1.5),
            ("reach", 1.0),
            ("likes", 0.075),
            ("comments", 0.008),
            ("shares", 0.012),
            ("saved", 0.016),
        ],
    ),
    ("bluesky", &[("likeCount", 0.03), ("replyCount", 0.005), ("repostCount", 0.008), ("quoteCount", 0.002)]),
    ("mastodon", &[("favourites_count", 0.028), ("replies_count", 0.004), ("reblogs_count", 0.011)]),
];

/// Writes what would have been taken of a past post until `now`.
pub(super) fn write(
    tx: &Tx<'_>,
    delivery: &Delivery,
    out: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some((_, shares)) = SHARES.iter().find(|(platform, _)| *platform == delivery.platform) else {
        return Ok(());
    };
    // The words say how well it did: the same demonstration each time.
    let words = delivery.content.text.bytes().map(u32::from).sum::<u32>();
    let reach = 260.0 + f64::from(words % 700);
    for hours in HOURS {
        let at = out + SignedDuration::from_hours(hours);
        if at > now {
            break;
        }
        let grown = 1.0 - 0.5_f64.powf(hours as f64 / HALF_LIFE_HOURS);
        let mut taken = RawFigures::default();
        for (name, share) in *shares {
            taken.set(*name, (reach * grown * share) as i64);
        }
        figures::add_post(tx, &delivery.id, at, &taken)?;
    }
    Ok(())
}
