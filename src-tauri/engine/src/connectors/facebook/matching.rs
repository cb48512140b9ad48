//! Which of the Page's posts is the one whose outcome is not known.
//!
//! Facebook keeps no mark of ours, so a post is recognised by its text, its time and its photos. A
//! restaurant says the same words every week: a post from before the call is never taken for the
//! result of the call, and a planned one only for the time that was asked for.

use jiff::{SignedDuration, Timestamp};

use super::wire::{Marks, RemotePost, message};
use crate::{
    connectors::{Job, SendMode, earliest_effect},
    domain::fingerprint::fingerprint,
};

/// Tolerance between a time that we asked for and the one that Facebook kept.
const ROUNDING: SignedDuration = SignedDuration::from_mins(2);
/// A planned post appears within this time of its hour.
const PLANNED: SignedDuration = SignedDuration::from_mins(15);
/// Oldest posts that are read, before the platform's clock is known.
const WIDEST: SignedDuration = SignedDuration::from_hours(26);

pub struct Search {
    text_hash: String,
    is_text_empty: bool,
    has_photos: bool,
    photo_ids: Vec<String>,
    first_sent_at: Timestamp,
    planned: Vec<Timestamp>,
    is_now: bool,
    /// The number of the application that publishes for us, when it is known.
    app_id: Option<String>,
    their_delay: Option<SignedDuration>,
}

impl Search {
    /// `None` when the irreversible call has never started.
    pub fn of(job: &Job<'_>, app_id: Option<&str>) -> Option<Self> {
        let first_sent_at = job.first_sent_at?;
        let marks = Marks::read(job.marks);
        let text = message(job.content);
        let mut planned: Vec<Timestamp> =
            marks.planned.iter().filter_map(|at| Timestamp::from_second(*at).ok()).collect();
        if let SendMode::At(at) = job.mode {
            planned.push(at);
        }
        Some(Self {
            text_hash: if marks.text_hash.is_empty() { fingerprint(&text) } else { marks.text_hash },
            is_text_empty: text.trim().is_empty(),
            has_photos: !job.content.images.is_empty(),
            photo_ids: marks.photos.into_iter().map(|photo| photo.id).collect(),
            first_sent_at,
            planned,
            is_now: job.mode == SendMode::Now,
            app_id: app_id.map(str::to_owned),
            their_delay: None,
        })
    }

    /// Takes into account how far the platform's clock is behind ours.
    #[must_use]
    pub fn with_their_delay(self, their_delay: Option<SignedDuration>) -> Self {
        Self { their_delay, ..self }
    }

    /// What is asked of the list: before its first answer the platform's clock is not known.
    pub fn ask_since(&self) -> Timestamp {
        self.first_sent_at.checked_sub(WIDEST).unwrap_or(Timestamp::MIN)
    }

    /// Nothing older can be the result.
    fn since(&self) -> Timestamp {
        earliest_effect(self.first_sent_at, self.their_delay)
    }

    pub fn may_be_planned(&self) -> bool {
        !self.planned.is_empty()
    }

    pub fn among_published<'p>(&self, posts: &'p [RemotePost]) -> Vec<&'p RemotePost> {
        self.matching(posts, |at| {
            at >= self.since()
                && (self.is_now || self.is_near_a_plan(at) || is_within(at, self.first_sent_at, PLANNED))
        })
    }

    pub fn among_planned<'p>(&self, posts: &'p [RemotePost]) -> Vec<&'p RemotePost> {
        let mut found: Vec<&RemotePost> = posts
            .iter()
            .filter(|post| {
                post.planned_at
                    .is_some_and(|at| self.planned.iter().any(|plan| is_within(at, *plan, ROUNDING)))
                    && self.is_same_content(post)
            })
            .collect();
        found.sort_by_key(|post| post.created_at);
        found
    }

    fn matching<'p>(
        &self,
        posts: &'p [RemotePost],
        in_time: impl Fn(Timestamp) -> bool,
    ) -> Vec<&'p RemotePost> {
        let mut found: Vec<&RemotePost> = posts
            .iter()
            .filter(|post| {
                // An upload of ours is in it: nothing proves more. A post whose time is not told may be it.
                self.shows_our_photo(post)
                    || (post.created_at.is_none_or(&in_time)
                        && self.is_same_content(post)
                        && !self.is_of_another_application(post))
            })
            .collect();
        found.sort_by_key(|post| post.created_at);
        found
    }

    fn is_near_a_plan(&self, at: Timestamp) -> bool {
        self.planned.iter().any(|plan| is_within(at, *plan, PLANNED))
    }

    fn shows_our_photo(&self, post: &RemotePost) -> bool {
        post.photos.iter().any(|id| self.photo_ids.contains(id))
    }

    /// Somebody else's program, or a person with Facebook's own, said the same.
    fn is_of_another_application(&self, post: &RemotePost) -> bool {
        matches!((&self.app_id, &post.app_id), (Some(ours), Some(theirs)) if ours != theirs)
    }

    fn is_same_content(&self, post: &RemotePost) -> bool {
        if self.shows_our_photo(post) {
            return true;
        }
        // Without words there is only the photo, and where Facebook names the photos, ours is not there.
        if self.is_text_empty && !post.photos.is_empty() {
            return false;
        }
        fingerprint(&post.message) == self.text_hash
            && post.has_photos.is_none_or(|has_photos| has_photos == self.has_photos)
    }
}

fn is_within(at: Timestamp, expected: Timestamp, tolerance: SignedDuration) -> bool {
    at.duration_since(expected).abs() <= tolerance
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{DeliveryId, OutgoingImage, OutgoingPost};

    const NOON: i64 = 1_800_000_000;
    const WEEK: i64 = 7 * 24 * 3600;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn search(text: &str, photos: &[&str], mode: SendMode) -> Search {
        let content = OutgoingPost {
            text: text.into(),
            images: photos
                .iter()
                .map(|id| OutgoingImage { media_id: (*id).into(), alt_text: String::new(), source_url: None })
                .collect(),
            ..OutgoingPost::default()
        };
        let marks = json!({"photos": photos.iter().map(|id| json!({"media_id": id, "alt_text": "", "id": id,
            "temporary": false, "uploaded_at": at(NOON)})).collect::<Vec<_>>()});
        Search::of(
            &Job {
                taken: &[],
                delivery_id: &DeliveryId::from("d"),
                content: &content,
                marks: &marks,
                mode,
                created_at: at(NOON - 60),
                first_sent_at: Some(at(NOON)),
                lookups: 0,
                remote_id: None,
            },
            Some("900"),
        )
        .unwrap()
    }

    fn remote(id: &str, text: &str, created: i64) -> RemotePost {
        RemotePost::read(&json!({"id": id, "message": text, "created_time": created})).unwrap()
    }

    fn ids(posts: Vec<&RemotePost>) -> Vec<&str> {
        posts.into_iter().map(|post| post.id.as_str()).collect()
    }

    #[test]
    fn last_weeks_identical_dish_is_not_this_one() {
        let posts = [
            remote("1", "Moules", NOON - WEEK),
            remote("2", "Moules", NOON - 13 * 60),
            remote("3", "Frites", NOON),
        ];
        assert!(search("Moules", &[], SendMode::Now).among_published(&posts).is_empty());
    }

    #[test]
    fn the_oldest_match_comes_first() {
        let posts = [remote("2", "Moules", NOON + 400), remote("1", " Moules\n", NOON - 100)];
        assert_eq!(ids(search("Moules", &[], SendMode::Now).among_published(&posts)), ["1", "2"]);
    }

    /// The wrong one of the two clocks may have been set right since.
    #[test]
    fn clocks_that_differ_hide_nothing() {
        let posts = [remote("1", "Moules", NOON - 3600 - 300)];
        let search = || search("Moules", &[], SendMode::Now);
        assert!(search().among_published(&posts).is_empty());
        let behind = |secs| search().with_their_delay(Some(SignedDuration::from_secs(secs)));
        assert_eq!(ids(behind(3600).among_published(&posts)), ["1"]);
        assert!(behind(-3600).among_published(&posts).is_empty());
        assert_eq!(ids(behind(-3600).among_published(&[remote("2", "Moules", NOON - 600)])), ["2"]);
        assert!(search().ask_since() < at(NOON - 24 * 3600));
    }

    #[test]
    fn a_post_without_a_time_may_be_ours_and_one_of_another_application_is_not() {
        let post = |id: &str, app: Option<&str>| {
            RemotePost::read(
                &json!({"id": id, "message": "Moules", "application": app.map(|id| json!({"id": id}))}),
            )
            .unwrap()
        };
        let posts = [post("1", None), post("2", Some("900")), post("3", Some("901"))];
        assert_eq!(ids(search("Moules", &[], SendMode::Now).among_published(&posts)), ["1", "2"]);
    }

    #[test]
    fn our_own_upload_proves_it_at_any_time() {
        let post = RemotePost::read(&json!({"id": "1", "message": "other", "created_time": NOON - WEEK,
            "attachments": {"data": [{"type": "photo", "target": {"id": "78"}}]}}))
        .unwrap();
        assert_eq!(search("Moules", &["78"], SendMode::Now).among_published(&[post]).len(), 1);
    }

    #[test]
    fn a_planned_post_is_recognised_by_its_hour() {
        let plan = |id: &str, time: i64| {
            RemotePost::read(&json!({"id": id, "message": "Moules", "scheduled_publish_time": time})).unwrap()
        };
        let posts = [plan("1", NOON + WEEK), plan("2", NOON + 2 * WEEK)];
        let search = search("Moules", &[], SendMode::At(at(NOON + 2 * WEEK)));
        assert_eq!(ids(search.among_planned(&posts)), ["2"]);
        let live = [remote("1", "Moules", NOON + WEEK), remote("2", "Moules", NOON + 2 * WEEK + 30)];
        assert_eq!(ids(search.among_published(&live)), ["2"], "the one of the week before is another post");
    }

    #[test]
    fn photos_without_words_are_recognised_by_their_id() {
        let photo = |id: &str, target: &str| {
            RemotePost::read(&json!({"id": id, "created_time": NOON,
                "attachments": {"data": [{"type": "photo", "target": {"id": target}}]}}))
            .unwrap()
        };
        let posts = [photo("1", "77"), photo("2", "78")];
        assert_eq!(ids(search("", &["78"], SendMode::Now).among_published(&posts)), ["2"]);
    }

    #[test]
    fn another_kind_of_attachment_is_another_post() {
        let share = RemotePost::read(&json!({"id": "1", "message": "Moules", "created_time": NOON,
            "attachments": {"data": [{"media_type": "share"}]}}))
        .unwrap();
        assert!(
            search("Moules", &["78"], SendMode::Now).among_published(std::slice::from_ref(&share)).is_empty()
        );
        assert_eq!(search("Moules", &[], SendMode::Now).among_published(&[share]).len(), 1);
    }
}
