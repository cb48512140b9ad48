//! Demonstration data: the Le Vieux Moulin of the practice mode, with a past and plans.
//!
//! What is planned goes through the orchestrator like everything else. What is past is written as
//! history without a remote object, so that nothing offers to change or delete what never was.

use anyhow::Context as _;
use bytes::Bytes;
use jiff::{Timestamp, ToSpan as _, civil::Time, tz::TimeZone};

use crate::{
    domain::{
        Account, ContentKind, Delivery, DeliveryId, DeliveryState, LatePolicy, OutgoingImage, OutgoingPost,
        Post, PostContent, PostId, PostMedia, Schedule,
    },
    engine::Engine,
    orchestrator::{By, PublishRequest},
    social::media_desk::NewMedia,
    store::{
        StoreError, accounts,
        attempts::{self, Attempt, Step},
        deliveries,
        journal::{self, Entry},
        media::MediaRow,
        posts, state,
    },
};

const LOADED: &str = "demonstration_loaded";
const ACTOR: &str = "engine";

const PHOTOS: [(&str, &str, &[u8]); 3] = [
    (
        "tarte-aux-fraises.jpg",
        "Une tarte aux fraises sur une assiette blanche",
        include_bytes!("../../../../config/demo/photos/tarte-aux-fraises.jpg"),
    ),
    (
        "terrasse.jpg",
        "La terrasse du restaurant sous les platanes",
        include_bytes!("../../../../config/demo/photos/terrasse.jpg"),
    ),
    (
        "moulin-au-couchant.jpg",
        "Le vieux moulin au soleil couchant",
        include_bytes!("../../../../config/demo/photos/moulin-au-couchant.jpg"),
    ),
];

/// Days from today, wall clock, kind, title, body, hashtags, photo, platforms.
type Row = (
    i32,
    (i8, i8),
    ContentKind,
    &'static str,
    &'static str,
    &'static [&'static str],
    Option<usize>,
    &'static [&'static str],
);

/// When the post of today's evening leaves; a start in the evening moves it to later.
const EVENING: (i8, i8) = (19, 30);
/// Enough to look at a post before it leaves.
const NOTICE_HOURS: i64 = 1;

const ALL: &[&str] = &["facebook", "instagram", "bluesky", "mastodon", "telegram", "threads"];
const TEXT: &[&str] = &["facebook", "bluesky", "mastodon", "telegram", "threads"];
const DISH: ContentKind = ContentKind::DishOfTheDay;
const EVENT: ContentKind = ContentKind::Event;
const OPENING: ContentKind = ContentKind::OpeningChange;
const ANY: ContentKind = ContentKind::Evergreen;

const ROWS: &[Row] = &[
    (
        -31,
        (11, 0),
        DISH,
        "Plat du jour",
        "Lamproie à la bordelaise, poireaux du Médoc.",
        &["vensac", "lamproie"],
        None,
        TEXT,
    ),
    (
        -27,
        (18, 30),
        ANY,
        "Le moulin ce soir",
        "La lumière d’automne sur les ailes. On vous garde une table ?",
        &["medoc", "vieuxmoulin"],
        Some(2),
        ALL,
    ),
    (
        -24,
        (11, 0),
        DISH,
        "Plat du jour",
        "Magret des Landes, cèpes de nos bois.",
        &["cepes", "vensac"],
        None,
        TEXT,
    ),
    (
        -20,
        (10, 0),
        EVENT,
        "Soirée huîtres",
        "Vendredi, les huîtres de Saint-Vivien arrivent directement du parc. Un verre d’Entre-deux-Mers offert.",
        &["huitres", "medoc"],
        Some(1),
        ALL,
    ),
    (-17, (11, 0), DISH, "Plat du jour", "Blanquette de veau, riz de Camargue.", &["vensac"], None, TEXT),
    (
        -14,
        (16, 0),
        ANY,
        "Tarte aux fraises",
        "Les dernières gariguettes de la saison sont sur la tarte de Jeanne.",
        &["dessert", "fraises"],
        Some(0),
        ALL,
    ),
    (
        -10,
        (11, 0),
        DISH,
        "Plat du jour",
        "Agneau de Pauillac, haricots de Soissons.",
        &["agneaudepauillac"],
        None,
        TEXT,
    ),
    (
        -8,
        (9, 0),
        OPENING,
        "Fermé lundi",
        "Nous serons fermés lundi toute la journée. À mardi midi !",
        &[],
        None,
        TEXT,
    ),
    (
        -6,
        (11, 0),
        DISH,
        "Plat du jour",
        "Merlu de ligne, beurre blanc, pommes vapeur.",
        &["poisson", "vensac"],
        None,
        TEXT,
    ),
    (
        -4,
        (18, 0),
        ANY,
        "La terrasse",
        "Encore quelques soirs doux : la terrasse reste ouverte.",
        &["terrasse", "medoc"],
        Some(1),
        ALL,
    ),
    (-3, (11, 0), DISH, "Plat du jour", "Entrecôte aux sarments, frites maison.", &["entrecote"], None, TEXT),
    (-1, (11, 0), DISH, "Plat du jour", "Axoa de veau, piment doux.", &["vensac"], None, TEXT),
    (
        0,
        (9, 0),
        DISH,
        "Plat du jour",
        "Pot-au-feu, légumes du marché de Lesparre.",
        &["vensac"],
        Some(1),
        ALL,
    ),
    (
        0,
        EVENING,
        ANY,
        "Ce soir au moulin",
        "Il reste quelques tables près de la cheminée. Appelez-nous !",
        &["medoc", "vieuxmoulin"],
        Some(2),
        ALL,
    ),
    (
        1,
        (11, 0),
        DISH,
        "Plat du jour",
        "Parmentier de canard, salade de nos voisins maraîchers.",
        &["canard", "vensac"],
        None,
        TEXT,
    ),
    (
        2,
        (18, 30),
        ANY,
        "Tarte de saison",
        "Une part de tarte et un café : 7 € jusqu’à dimanche.",
        &["dessert"],
        Some(0),
        ALL,
    ),
    (3, (11, 0), DISH, "Plat du jour", "Daurade royale, fenouil confit.", &["poisson"], None, TEXT),
    (
        5,
        (10, 0),
        EVENT,
        "Soirée jazz",
        "Samedi soir, le trio de Lesparre joue sous la grande poutre. Menu à 34 €.",
        &["jazz", "medoc"],
        Some(2),
        ALL,
    ),
    (6, (11, 0), DISH, "Plat du jour", "Poule au pot, comme le dimanche.", &["vensac"], None, TEXT),
    (
        9,
        (9, 0),
        OPENING,
        "Horaires d’hiver",
        "À partir de décembre, nous ouvrons du mercredi au dimanche.",
        &[],
        None,
        TEXT,
    ),
    (
        12,
        (17, 0),
        ANY,
        "Offrir le Vieux Moulin",
        "Les bons cadeaux sont prêts, à retirer au comptoir.",
        &["noel", "cadeau"],
        Some(1),
        ALL,
    ),
];

/// Loads the demonstration data once; needs the practice accounts.
pub async fn load(engine: &Engine) -> anyhow::Result<()> {
    if engine.store.read(|c| state::get::<bool>(c, LOADED)).await?.unwrap_or(false) {
        return Ok(());
    }
    let mut photos = Vec::new();
    for (name, alt_text, bytes) in PHOTOS {
        let new = NewMedia { name: name.to_owned(), alt_text: alt_text.to_owned(), source_url: None };
        photos.push(engine.desk.add(Bytes::from_static(bytes), new).await.context("Failed to load a photo")?);
    }
    // First, so that a start that is interrupted here does not tell the past twice.
    engine.store.write(|tx| state::set(tx, LOADED, &true)).await?;
    let accounts = engine.store.read(accounts::list).await?;
    let by = By { actor: ACTOR.to_owned(), can_undo: false };
    for row in ROWS {
        let schedule = schedule(engine, row)?;
        if schedule.at > engine.clock.now() {
            let request = PublishRequest {
                content: content(row, &photos),
                platforms: row.7.iter().map(|platform| (*platform).to_owned()).collect(),
                scheduled_time: Some(schedule.local.to_string()),
                timezone: Some(schedule.timezone),
                kind: row.2,
                ..PublishRequest::default()
            };
            engine
                .orchestrator
                .publish(request, &by, None)
                .await
                .context("Failed to plan a demonstration post")?;
        } else {
            remember(engine, row, schedule, &accounts, &photos).await?;
        }
    }
    Ok(())
}

fn schedule(engine: &Engine, row: &Row) -> anyhow::Result<Schedule> {
    let timezone = engine.settings().house.timezone;
    let now = TimeZone::get(&timezone)?.to_datetime(engine.clock.now());
    let (hour, minute) = row.1;
    let mut local = now.date().checked_add(row.0.days())?.to_datetime(Time::new(hour, minute, 0, 0)?);
    // Something leaves today whenever the demonstration begins, except in the last hour before midnight.
    let soon =
        now.checked_add(NOTICE_HOURS.hours())?.with().minute(30).second(0).subsec_nanosecond(0).build()?;
    if row.0 == 0 && row.1 == EVENING && local < soon && soon.date() == now.date() {
        local = soon;
    }
    Ok(Schedule::from_local(local, &timezone)?)
}

fn content(row: &Row, photos: &[MediaRow]) -> PostContent {
    let media = row.6.and_then(|index| photos.get(index)).map(|photo| PostMedia {
        media_id: photo.id.clone(),
        alt_text: photo.alt_text.clone(),
        source_url: None,
    });
    PostContent {
        title: Some(row.3.to_owned()),
        body: row.4.to_owned(),
        hashtags: row.5.iter().map(|tag| (*tag).to_owned()).collect(),
        media: media.into_iter().collect(),
        ..PostContent::default()
    }
}

/// Writes a published post of the past.
async fn remember(
    engine: &Engine,
    row: &Row,
    schedule: Schedule,
    accounts: &[Account],
    photos: &[MediaRow],
) -> anyhow::Result<()> {
    let content = content(row, photos);
    let created = schedule.at - 1.hour() * 24;
    let out = schedule.at + 2.seconds();
    let post = Post {
        id: PostId::new(),
        kind: row.2,
        content: content.clone(),
        revision: 1,
        schedule: Some(schedule.clone()),
        late_policy: LatePolicy::Default,
        targets: row.7.iter().map(|platform| (*platform).to_owned()).collect(),
        undo_until: None,
        problem: None,
        reply_to: None,
        created_by: "window".to_owned(),
        created_at: created,
        updated_at: out,
        deleted_at: None,
    };
    let rows: Vec<Delivery> = accounts
        .iter()
        .filter(|account| row.7.contains(&account.platform.as_str()))
        .map(|account| published(&post, account, schedule.at, out))
        .collect();
    let (title, now) = (row.3.to_owned(), engine.clock.now());
    engine
        .store
        .write(move |tx| {
            posts::insert(tx, &post)?;
            for delivery in &rows {
                deliveries::insert(tx, delivery, &format!("demonstration {}", delivery.id))?;
                let attempt = Attempt {
                    at: out,
                    step: Step::Send,
                    outcome: DeliveryState::Published.as_str().to_owned(),
                    problem: None,
                    duration_ms: Some(640),
                };
                attempts::add(tx, &delivery.id, &attempt)?;
                super::demo_figures::write(tx, delivery, out, now)?;
                let mut entry = Entry::new(out, ACTOR, "delivery.published", title.clone());
                entry.details = serde_json::json!({ "platform": delivery.platform });
                entry.post_id = Some(post.id.to_string());
                entry.delivery_id = Some(delivery.id.to_string());
                entry.account_id = Some(delivery.account_id.to_string());
                journal::add(tx, &entry)?;
            }
            Ok::<(), StoreError>(())
        })
        .await?;
    Ok(())
}

fn published(post: &Post, account: &Account, due_at: Timestamp, out: Timestamp) -> Delivery {
    let content = &post.content;
    let tags: Vec<String> = content.hashtags.iter().map(|tag| format!("#{tag}")).collect();
    let tags = tags.join(" ");
    let images = content.media.iter().map(|media| OutgoingImage {
        media_id: media.media_id.clone(),
        alt_text: media.alt_text.clone(),
        source_url: None,
    });
    Delivery {
        id: DeliveryId::new(),
        post_id: post.id.clone(),
        revision: 1,
        account_id: account.id.clone(),
        platform: account.platform.clone(),
        state: DeliveryState::Published,
        due_at,
        next_at: None,
        kind: post.kind,
        late_policy: LatePolicy::Default,
        content: OutgoingPost {
            text: format!("{}\n\n{}\n\n{}", content.title.as_deref().unwrap_or_default(), content.body, tags)
                .trim_end()
                .to_owned(),
            title: content.title.clone(),
            hashtags: content.hashtags.clone(),
            images: images.collect(),
            language: "fr".to_owned(),
            ..OutgoingPost::default()
        },
        marks: serde_json::Value::Null,
        attempts: 1,
        crash_count: 0,
        lookups: 0,
        owner: None,
        first_sent_at: Some(out),
        sent_at: Some(out),
        doubtful: false,
        hand_over: false,
        remote_id: None,
        permalink: None,
        problem: None,
        wanted: None,
        finished_at: Some(out),
        removed_at: None,
        created_at: post.created_at,
        updated_at: out,
    }
}
