use jiff::Timestamp;

use super::*;
use crate::{
    clock::FakeClock,
    domain::{
        Account, AccountId, AccountSettings, AccountState, ContentKind, Delivery, DeliveryId, DeliveryState,
        InstanceId, LatePolicy, OutgoingPost, Post, PostContent, PostId, TokenExpiry,
    },
    store::deliveries::{LaneWork, Move},
};

fn now() -> Timestamp {
    "2026-11-27T12:00:00Z".parse().unwrap()
}

fn open(dir: &Path) -> Result<Store, StoreError> {
    Store::open(dir, &DatabaseKey::new([7; 32]), EventBus::new(FakeClock::at(now())), 3)
}

fn account() -> Account {
    Account {
        id: AccountId::new(),
        platform: "bluesky".into(),
        label: "Le Vieux Moulin".into(),
        handle: "moulin.test".into(),
        remote_id: AccountId::new().to_string(),
        server: None,
        state: AccountState::Connected,
        is_default: true,
        practice: false,
        token_expiry: TokenExpiry::Never,
        permissions: vec![],
        missing_permissions: vec![],
        settings: AccountSettings::default(),
        facts: std::collections::BTreeMap::new(),
        credential_hint: "1234".into(),
        problem: None,
        last_check: None,
        created_at: now(),
        updated_at: now(),
    }
}

fn post() -> Post {
    Post {
        id: PostId::new(),
        kind: ContentKind::Evergreen,
        content: PostContent { body: "Crêpes à l’ancienne".into(), ..PostContent::default() },
        revision: 1,
        schedule: None,
        late_policy: LatePolicy::Default,
        targets: vec!["bluesky".into()],
        undo_until: None,
        problem: None,
        reply_to: None,
        created_by: "window".into(),
        created_at: now(),
        updated_at: now(),
        deleted_at: None,
    }
}

fn delivery(account: &Account, post: &Post) -> Delivery {
    Delivery {
        id: DeliveryId::new(),
        post_id: post.id.clone(),
        revision: 1,
        account_id: account.id.clone(),
        platform: "bluesky".into(),
        state: DeliveryState::Queued,
        due_at: now(),
        next_at: Some(now()),
        kind: ContentKind::Evergreen,
        late_policy: LatePolicy::Default,
        content: OutgoingPost { text: "Crêpes à l’ancienne".into(), ..OutgoingPost::default() },
        marks: serde_json::Value::Null,
        attempts: 0,
        crash_count: 0,
        lookups: 0,
        owner: None,
        first_sent_at: None,
        sent_at: None,
        doubtful: false,
        hand_over: false,
        remote_id: None,
        permalink: None,
        problem: None,
        wanted: None,
        finished_at: None,
        removed_at: None,
        created_at: now(),
        updated_at: now(),
    }
}

async fn one_delivery(store: &Store) -> Delivery {
    let (account, post) = (account(), post());
    let delivery = delivery(&account, &post);
    let stored = delivery.clone();
    store
        .write(move |tx| {
            accounts::save(tx, &account)?;
            posts::insert(tx, &post)?;
            deliveries::insert(tx, &stored, stored.id.as_str())
        })
        .await
        .unwrap();
    delivery
}

#[tokio::test]
async fn the_file_is_unreadable_without_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    one_delivery(&store).await;
    drop(store);
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|w| w == b"SQLite" || w == "Crêpe".as_bytes()), "plain text on disk");
    }
    let wrong = Store::open(dir.path(), &DatabaseKey::new([8; 32]), EventBus::new(FakeClock::at(now())), 3);
    assert!(matches!(wrong, Err(StoreError::WrongKey)));
    open(dir.path()).unwrap();
}

#[tokio::test]
async fn a_newer_file_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    store.write(|tx| Ok(tx.pragma_update(None, "user_version", 99)?)).await.unwrap();
    drop(store);
    // The writer thread closes its connection on its own time.
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert!(matches!(open(dir.path()), Err(StoreError::Newer { found: 99, .. })));
}

#[tokio::test]
async fn a_transition_is_refused_once_somebody_else_moved_the_row() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let delivery = one_delivery(&store).await;
    let prepare = |id: DeliveryId| {
        move |tx: &Tx<'_>| {
            let change = Move { attempts: 1, ..Move::default() };
            deliveries::transition(
                tx,
                &id,
                &[DeliveryState::Queued],
                DeliveryState::Preparing,
                &change,
                now(),
            )
        }
    };
    store.write(prepare(delivery.id.clone())).await.unwrap();
    assert!(matches!(store.write(prepare(delivery.id.clone())).await, Err(StoreError::Moved)));
    let stored = store.read(move |c| deliveries::find(c, &delivery.id)).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.attempts), (DeliveryState::Preparing, 1));
}

/// Every pair of states: the arrows of the table are taken, all others are refused and change nothing.
#[tokio::test]
async fn only_the_arrows_of_the_table_are_taken() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let id = one_delivery(&store).await.id;
    let stored = async || {
        let id = id.clone();
        store.read(move |c| deliveries::find(c, &id)).await.unwrap().unwrap()
    };
    let later = now() + jiff::SignedDuration::from_secs(1);
    let (mut taken, mut refused) = (0, 0);
    for from in DeliveryState::ALL {
        for to in DeliveryState::ALL.into_iter().filter(|to| *to != from) {
            let (row, put) = (id.clone(), (id.to_string(), from.as_str()));
            store
                .write(move |tx| {
                    tx.execute(
                        "UPDATE deliveries SET state = ?2, remote_id = NULL, attempts = 0 WHERE id = ?1",
                        put,
                    )?;
                    Ok(())
                })
                .await
                .unwrap();
            let before = stored().await;
            assert_eq!(before.state, from);
            let change = Move { remote_id: Some("there".into()), attempts: 1, ..Move::default() };
            let moved =
                store.write(move |tx| deliveries::transition(tx, &row, &[from], to, &change, later)).await;
            let after = stored().await;
            if from.can_become(to) {
                moved.unwrap();
                assert_eq!((after.state, after.attempts), (to, 1), "{from:?} to {to:?}");
                assert_eq!(after.remote_id.as_deref(), Some("there"));
                taken += 1;
            } else {
                assert!(matches!(moved, Err(StoreError::Moved)), "{from:?} to {to:?}: {moved:?}");
                assert_eq!(after, before, "{from:?} to {to:?} was refused and left a trace");
                refused += 1;
            }
        }
    }
    println!("{taken} arrows taken, {refused} pairs refused");
    assert_eq!(taken + refused, 15 * 14);
}

#[tokio::test]
async fn a_failed_piece_of_work_undoes_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let (good, bad) = tokio::join!(
        store.write(|tx| state::set(tx, "good", &1)),
        store.write(|tx| {
            state::set(tx, "bad", &1)?;
            Err::<(), _>(StoreError::NotFound)
        })
    );
    good.unwrap();
    assert!(matches!(bad, Err(StoreError::NotFound)));
    let stored =
        store.read(|c| Ok((state::get::<i32>(c, "good")?, state::get::<i32>(c, "bad")?))).await.unwrap();
    assert_eq!(stored, (Some(1), None));
}

#[tokio::test]
async fn rescue_follows_the_owner_and_never_the_age() {
    use DeliveryState as S;
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let (dead, me) = (InstanceId::new(), InstanceId::new());
    let mut expected = Vec::new();
    for (path, after) in [
        (vec![S::Preparing], S::Queued),
        (vec![S::Preparing, S::Armed], S::Queued),
        (vec![S::Preparing, S::Armed, S::Sending], S::Unknown),
        (vec![S::Preparing, S::Armed, S::Sending, S::Unknown, S::Reconciling], S::Unknown),
    ] {
        for owner in [&dead, &me] {
            let delivery = one_delivery(&store).await;
            let mut from = S::Queued;
            for state in path.clone() {
                let (id, owner) = (delivery.id.clone(), owner.clone());
                store
                    .write(move |tx| {
                        let change = Move { owner: Some(Some(owner)), ..Move::default() };
                        deliveries::transition(tx, &id, &[from], state, &change, now())
                    })
                    .await
                    .unwrap();
                from = state;
            }
            expected.push((delivery.id, if owner == &dead { after } else { from }));
        }
    }
    let rescuer = me.clone();
    store.write(move |tx| deliveries::rescue(tx, &rescuer, now(), 3, false)).await.unwrap();
    for (id, state) in expected {
        let stored = store.read(move |c| deliveries::find(c, &id)).await.unwrap().unwrap();
        assert_eq!(stored.state, state);
    }
}

#[tokio::test]
async fn a_poisonous_row_is_held_after_three_crashes() {
    use DeliveryState as S;
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let delivery = one_delivery(&store).await;
    for _ in 0..3 {
        let id = delivery.id.clone();
        store
            .write(move |tx| {
                let change = Move { owner: Some(Some(InstanceId::new())), ..Move::default() };
                deliveries::transition(tx, &id, &[S::Queued], S::Preparing, &change, now())?;
                deliveries::rescue(tx, &InstanceId::new(), now(), 3, false)
            })
            .await
            .unwrap();
    }
    let stored = store.read(move |c| deliveries::find(c, &delivery.id)).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.crash_count), (S::Held, 3));
}

#[tokio::test]
async fn a_doubt_holds_back_everything_new_of_its_account() {
    use DeliveryState as S;
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let first = one_delivery(&store).await;
    let mut second = first.clone();
    second.id = DeliveryId::new();
    let (id, account) = (first.id.clone(), first.account_id.clone());
    let later = now() + jiff::SignedDuration::from_secs(15);
    store
        .write(move |tx| {
            deliveries::insert(tx, &second, "second")?;
            for (from, to) in [(S::Queued, S::Preparing), (S::Preparing, S::Armed), (S::Armed, S::Sending)] {
                deliveries::transition(tx, &id, &[from], to, &Move::default(), now())?;
            }
            let change = Move { next_at: Some(Some(later)), ..Move::default() };
            deliveries::transition(tx, &id, &[S::Sending], S::Unknown, &change, now())
        })
        .await
        .unwrap();
    let of = account.clone();
    let work = store.read(move |c| deliveries::next_of_lane(c, &of, now(), true)).await.unwrap();
    assert_eq!(work, LaneWork::Wait(later));
    let work = store.read(move |c| deliveries::next_of_lane(c, &account, later, true)).await.unwrap();
    assert!(matches!(work, LaneWork::Due(due) if due.id == first.id));
}

#[tokio::test]
async fn identical_unfinished_work_exists_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let first = one_delivery(&store).await;
    let mut twin = first.clone();
    twin.id = DeliveryId::new();
    let key = first.id.to_string();
    let added = store.write(move |tx| deliveries::insert(tx, &twin, &key)).await;
    assert!(matches!(added, Err(StoreError::AlreadyPlanned(post)) if post == first.post_id));
}

#[tokio::test]
async fn a_copy_is_verified_and_opens_with_the_same_key() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    one_delivery(&store).await;
    let copy = dir.path().join("copy").join(DATABASE_FILE);
    store.back_up(copy.clone()).await.unwrap();
    let restored = open(copy.parent().unwrap()).unwrap();
    let counts = restored.read(deliveries::count_by_state).await.unwrap();
    assert_eq!(counts.get(&DeliveryState::Queued), Some(&1));
}

#[test]
fn a_full_disk_has_one_name_whoever_meets_it() {
    let met_by_a_file = StoreError::from(std::io::Error::from(std::io::ErrorKind::StorageFull));
    assert_eq!(met_by_a_file.code(), StoreError::DiskFull.code());
}

#[cfg(unix)]
#[test]
fn a_path_that_sqlite_cannot_open_is_called_too_long() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a".repeat(240)).join("b".repeat(240));
    std::fs::create_dir_all(&deep).unwrap();
    assert_eq!(open(&deep).err().unwrap().code(), "folder_path_too_long");
    let shallow = dir.path().join("a".repeat(240)).join("c".repeat(150));
    std::fs::create_dir_all(&shallow).unwrap();
    open(&shallow).unwrap();
}
