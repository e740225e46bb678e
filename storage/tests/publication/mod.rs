//! The exam for status lists and the log, which both databases sit. Two nodes are two handles on one database.

use std::collections::{BTreeMap, BTreeSet};

use sealwright_credentials::log::{Checkpoint, Entry, Frontier, Kind, verify_consistency, verify_inclusion};
use sealwright_credentials::status_list::{DECOY_EVERY, Packed, Published, Slot, Status, StatusList, Width};
use sealwright_credentials::{Digest, Ed25519Signer, Serial, Signer};
use sealwright_engine::store::Position;
use sealwright_engine::{InstanceId, Timestamp};
use sealwright_storage::publication::{
    Advance, Binding, Issue, ListPlan, Log, NotStored, PhotosSearched, Placed, StatusLists,
};
use sealwright_storage::{Database, MasterKey};

/// Small lists and smaller blocks, so that both run out.
fn node(database: &Database) -> StatusLists {
    let plan = ListPlan { base: "https://office.example/v1/status".into(), entries: 64, block: 5 };
    StatusLists::new(database.clone(), MasterKey::from_bytes([7; 32]), plan).unwrap()
}

fn serial(n: u32) -> Serial {
    format!("SERIAL{n:010}").parse().unwrap()
}

fn advance(from: u64, to: u64) -> Advance {
    Advance { from: Position(from), to: Position(to) }
}

fn entry(n: u64) -> Entry {
    let signed = Digest::of(&n.to_be_bytes());
    Entry { kind: Kind::Code, signed_at: 1_800_000_000, signed }
}

pub(crate) async fn a_serial_has_one_slot_for_ever(database: Database) {
    let first = node(&database);
    let placed = first.slot(&serial(1)).await.unwrap();
    assert_eq!(placed.uri, format!("https://office.example/v1/status/{}", placed.slot.list));
    for n in 2..9 {
        assert_ne!(first.slot(&serial(n)).await.unwrap().slot, placed.slot);
    }
    assert_eq!(first.slot(&serial(1)).await.unwrap(), placed);
    // Another node, and this one after a crash, that lost its block.
    assert_eq!(node(&database).slot(&serial(1)).await.unwrap(), placed);
    let moved = ListPlan { base: "https://elsewhere.example/status".into(), entries: 8, block: 1 };
    let moved = StatusLists::new(database, MasterKey::from_bytes([7; 32]), moved).unwrap();
    assert_eq!(moved.slot(&serial(1)).await.unwrap(), placed, "what is changed holds for new lists");
}

pub(crate) async fn many_at_once_are_answered_in_order(database: Database) {
    let lists = node(&database);
    let wanted: Vec<_> = [3, 1, 2, 3, 1].map(serial).into();
    let placed = lists.slots(&wanted).await.unwrap();
    assert_eq!((&placed[0], &placed[1]), (&placed[3], &placed[4]));
    assert_eq!(placed.iter().map(|placed| placed.slot).collect::<BTreeSet<_>>().len(), 3);
    assert_eq!(lists.slots(&[]).await.unwrap(), []);
    assert_eq!(lists.slots(&wanted).await.unwrap(), placed);
}

/// Three nodes, one of which dies after each credential, want slots for the same and for other serials.
pub(crate) async fn racing_nodes_share_no_slot(database: Database) {
    let mut asked = tokio::task::JoinSet::new();
    for who in 0..3 {
        let (database, lasting) = (database.clone(), node(&database));
        asked.spawn(async move {
            let mut placed = Vec::new();
            for n in 0..40 {
                // Every other serial is wanted by all three.
                let serial = serial(if n % 2 == 0 { n } else { 1_000 * (who + 1) + n });
                let node = if who == 2 { node(&database) } else { lasting.clone() };
                placed.push((serial.to_string(), node.slot(&serial).await.unwrap()));
            }
            placed
        });
    }
    let mut slots = BTreeMap::<String, Placed>::new();
    for (serial, placed) in asked.join_all().await.into_iter().flatten() {
        let before = slots.entry(serial).or_insert_with(|| placed.clone());
        assert_eq!(*before, placed, "one serial, one slot");
    }
    assert_eq!(slots.len(), 20 + 3 * 20);
    let used: BTreeSet<Slot> = slots.values().map(|placed| placed.slot).collect();
    assert_eq!(used.len(), slots.len(), "one slot, one serial");
    assert!(used.iter().all(|slot| slot.index < 64 && slot.list >= 1));
    assert!(used.iter().any(|slot| slot.list > 1), "the first list ran out");
    let states = node(&database).states().await.unwrap();
    let numbers: Vec<u32> = states.iter().map(|state| state.number).collect();
    assert_eq!(numbers, (1..=numbers.len() as u32).collect::<Vec<_>>(), "no list is skipped");
    for state in states {
        let shard = node(&database).contents(state.number).await.unwrap().unwrap().shard;
        let of_list = used.iter().filter(|slot| slot.list == state.number).count() as u32;
        assert!(shard.next <= shard.entries && of_list <= shard.next - shard.next / DECOY_EVERY);
    }
}

pub(crate) async fn what_was_followed_is_stored_once(database: Database) {
    let (lists, other) = (node(&database), node(&database));
    let placed = lists.slot(&serial(1)).await.unwrap();
    let holder = InstanceId::new(Timestamp::EPOCH);
    let seen = || vec![Binding { serial: serial(1), holder, version: 3 }];
    let red = || vec![(placed.slot, Status::Suspended)];
    assert_eq!(lists.position().await.unwrap(), Position(0));
    assert_eq!(lists.follow(advance(0, 7), seen(), red(), 100).await.unwrap(), 1);
    // The same again, by a node that had read the same stretch.
    let valid = vec![(placed.slot, Status::Valid)];
    let late = other.follow(advance(0, 9), seen(), valid, 90).await;
    assert!(matches!(late, Err(NotStored::Raced)), "{late:?}");
    assert_eq!(other.position().await.unwrap(), Position(7));
    let held = other.held_by(&[holder]).await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(
        (held[0].slot, held[0].holder, held[0].status),
        (placed.slot, Some((holder, 3)), Status::Suspended)
    );
    let publication = |states: Vec<sealwright_storage::publication::ListState>| states[0].publication.clone();
    let dirty = publication(lists.states().await.unwrap());
    assert_eq!((dirty.revision, dirty.dirty_since), (1, Some(100)));
    // No change, no revision; an older change makes it due sooner.
    assert_eq!(lists.follow(advance(7, 8), vec![], red(), 50).await.unwrap(), 0);
    assert_eq!(publication(lists.states().await.unwrap()), dirty);
    let invalid = vec![(placed.slot, Status::Invalid)];
    assert_eq!(lists.follow(advance(8, 9), vec![], invalid, 60).await.unwrap(), 1);
    assert_eq!(publication(lists.states().await.unwrap()).dirty_since, Some(60));
    // Invalid is final.
    let back = vec![(placed.slot, Status::Valid)];
    assert_eq!(lists.follow(advance(9, 10), vec![], back, 70).await.unwrap(), 0);
    let contents = lists.contents(placed.slot.list).await.unwrap().unwrap();
    assert_eq!(contents.list.get(placed.slot.index), Ok(Status::Invalid as u8));
    assert_eq!(contents.list.as_bytes().iter().map(|byte| byte.count_ones()).sum::<u32>(), 1);
}

pub(crate) async fn of_two_that_publish_one_wins(database: Database) {
    let (lists, other) = (node(&database), node(&database));
    let placed = lists.slot(&serial(1)).await.unwrap();
    let list = placed.slot.list;
    assert_eq!(lists.issued(list).await.unwrap(), None);
    assert_eq!(lists.issued(999).await.unwrap(), None);
    assert!(lists.contents(999).await.unwrap().is_none());
    let key = *Ed25519Signer::from_seed(&[1; 32]).key_id();
    let packed = StatusList::new(Width::Two, 64).unwrap().pack();
    let issue = |revision, issued_at: i64| Issue {
        published: Published { revision, issued_at, expires_at: issued_at + 1_000 },
        read_at: issued_at,
        signed_by: key,
        packed: packed.clone(),
        jwt: format!("jwt {issued_at}"),
        cwt: vec![1, 2, 3],
    };
    let (mine, theirs) =
        tokio::join!(lists.publish(list, None, issue(0, 1_000)), other.publish(list, None, issue(0, 2_000)),);
    let raced = |answer: &Result<(), NotStored>| matches!(answer, Err(NotStored::Raced));
    assert!(mine.is_ok() && raced(&theirs) || raced(&mine) && theirs.is_ok(), "{mine:?} {theirs:?}");
    let out = lists.issued(list).await.unwrap().unwrap();
    assert_eq!(out.jwt, format!("jwt {}", out.published.issued_at));
    // A change between reading and publishing is not forgotten.
    let red = vec![(placed.slot, Status::Suspended)];
    lists.follow(advance(0, 1), vec![], red, 2_100).await.unwrap();
    lists.publish(list, Some(out.published), issue(0, 3_000)).await.unwrap();
    let state = lists.states().await.unwrap().remove(0);
    assert_eq!((state.publication.dirty_since, state.signed_by), (Some(3_000), Some(key)));
    let was = state.publication.published;
    lists.publish(list, was, issue(1, 4_000)).await.unwrap();
    assert_eq!(lists.states().await.unwrap()[0].publication.dirty_since, None);
    let before = lists.contents(list).await.unwrap().unwrap().before.unwrap();
    assert_eq!(before, Packed::new(Width::Two, packed.as_bytes().to_vec()).unpack().unwrap());
}

/// Four nodes append the same stretches of a journal, and one appends what stands in none.
pub(crate) async fn racing_nodes_append_each_entry_once(database: Database) {
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let log = Log::new(database.clone());
        nodes.spawn(async move {
            loop {
                let Position(from) = log.position().await.unwrap();
                if from >= 60 {
                    break;
                }
                // Three entries a row, and one of the row before once more.
                let entries = (from * 3..(from + 5) * 3).chain([from * 3 / 2]).map(entry).collect();
                match log.follow(advance(from, from + 5), entries).await {
                    Ok(_) | Err(NotStored::Raced) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    let outside = Log::new(database.clone());
    nodes.spawn(async move {
        for n in 0..20 {
            outside.append(vec![entry(10_000 + n), entry(10_000 + n)]).await.unwrap();
        }
    });
    nodes.join_all().await;
    let log = Log::new(database);
    let size = log.head().await.unwrap().size();
    assert_eq!(size, 60 * 3 + 20);
    let mut entries = BTreeMap::new();
    for n in (0..180).chain(10_000..10_020) {
        let (index, found) = log.find(&entry(n).signed).await.unwrap().unwrap();
        assert_eq!(found, entry(n));
        assert!(entries.insert(index, found).is_none(), "no place is taken twice");
    }
    assert_eq!(entries.keys().copied().collect::<Vec<_>>(), (0..size).collect::<Vec<_>>(), "no gap");
    // The tree over the entries in their order is the tree that is stored.
    let mut tree = Frontier::default();
    let mut roots = vec![tree.root()];
    for entry in entries.values() {
        tree.append(entry.leaf());
        roots.push(tree.root());
    }
    assert_eq!(log.head().await.unwrap(), tree);
    for (index, entry) in &entries {
        let proof = log.inclusion(*index, size).await.unwrap();
        assert!(verify_inclusion(&entry.leaf(), *index, size, &tree.root(), &proof));
    }
    for from in (0..=size).step_by(13) {
        for to in (from..=size).step_by(17) {
            let proof = log.consistency(from, to).await.unwrap();
            let (old, new) = (&roots[from as usize], &roots[to as usize]);
            assert!(verify_consistency(from, old, to, new, &proof), "{from} {to}");
        }
    }
    assert_eq!(log.find(&entry(777).signed).await.unwrap(), None);
    assert!(matches!(log.inclusion(size, size).await, Err(NotStored::Proof(_))));
    assert!(matches!(log.consistency(2, 1).await, Err(NotStored::Proof(_))));
}

pub(crate) async fn a_stretch_is_appended_whole_or_not_at_all(database: Database) {
    let log = Log::new(database);
    assert_eq!(log.follow(advance(0, 4), vec![entry(1), entry(2)]).await.unwrap(), 2);
    // Repeated after an unknown outcome, and by somebody who is behind.
    for by in [advance(0, 4), advance(0, 9), advance(3, 9)] {
        assert!(matches!(log.follow(by, vec![entry(3)]).await, Err(NotStored::Raced)));
    }
    assert_eq!((log.position().await.unwrap(), log.head().await.unwrap().size()), (Position(4), 2));
    assert_eq!(log.find(&entry(3).signed).await.unwrap(), None);
    assert_eq!(log.follow(advance(4, 5), vec![]).await.unwrap(), 2, "nothing to append, and yet followed");
    assert_eq!(log.follow(advance(5, 6), vec![entry(2), entry(3)]).await.unwrap(), 3);
}

pub(crate) async fn checkpoints_are_kept(database: Database) {
    let (log, signer) = (Log::new(database), Ed25519Signer::from_seed(&[3; 32]));
    assert_eq!(log.checkpoint().await.unwrap(), None);
    let sign = |tree: &Frontier| {
        Checkpoint::of("office.example/log", tree).unwrap().sign(&signer).unwrap().to_string()
    };
    let empty = sign(&log.head().await.unwrap());
    log.keep_checkpoint(0, empty.clone()).await.unwrap();
    log.keep_checkpoint(0, "another".into()).await.unwrap();
    assert_eq!(log.checkpoint().await.unwrap(), Some((0, empty)));
    log.append(vec![entry(1), entry(2)]).await.unwrap();
    let grown = sign(&log.head().await.unwrap());
    log.keep_checkpoint(2, grown.clone()).await.unwrap();
    assert_eq!(log.checkpoint().await.unwrap(), Some((2, grown)));
}

/// Every claim, as a test of its own on a database of its own.
pub(crate) async fn one_of_two_marks_what_was_searched(database: Database) {
    let (one, other) = (PhotosSearched::new(database.clone()), PhotosSearched::new(database));
    let (never, day) = (Timestamp::from_secs(0), Timestamp::from_secs(86_400));
    assert_eq!(one.until().await.unwrap(), never);
    one.advance(never, day).await.unwrap();
    assert!(matches!(other.advance(never, Timestamp::from_secs(90_000)).await, Err(NotStored::Raced)));
    assert_eq!(other.until().await.unwrap(), day);
}

macro_rules! publication_exam {
    ($database:ident: $($claim:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $claim() {
            let (database, _keep) = $database().await;
            crate::publication::$claim(database).await;
        }
    )*};
    ($database:ident) => {
        crate::publication::publication_exam!($database:
            a_serial_has_one_slot_for_ever many_at_once_are_answered_in_order racing_nodes_share_no_slot
            what_was_followed_is_stored_once of_two_that_publish_one_wins racing_nodes_append_each_entry_once
            a_stretch_is_appended_whole_or_not_at_all checkpoints_are_kept
            one_of_two_marks_what_was_searched);
    };
}
pub(crate) use publication_exam;
