//! Claims about show codes, for every database.

use futures_util::future::join_all;
use sealwright_engine::{InstanceId, Timestamp};
use sealwright_storage::{Database, KeptPresentation, Presentations};

const NOW: i64 = 1_800_000_000;

fn kept(n: u8, until: i64) -> KeptPresentation {
    KeptPresentation {
        id: [n; 32],
        typed: format!("TYPED{n:03}"),
        licence: InstanceId::new(Timestamp::from_secs(NOW)),
        code: format!("SW1P:{n}"),
        until,
    }
}

/// Of many at once one has the use, whether the code was kept here before or not.
pub(crate) async fn a_code_is_used_once(database: Database) {
    let presentations = Presentations::new(database);
    assert!(presentations.keep(kept(1, NOW + 120), NOW).await.unwrap());
    for id in [[1; 32], [2; 32]] {
        let uses = join_all((0..20).map(|_| presentations.burn(id, NOW + 120, NOW + 1)));
        let first = uses.await.into_iter().filter(|first| *first.as_ref().unwrap()).count();
        assert_eq!(first, 1);
        assert!(!presentations.burn(id, NOW + 120, NOW + 2).await.unwrap(), "a second use is told");
    }
    assert_eq!(presentations.count().await.unwrap(), 2);
}

/// By what is typed, until it is over, also after its use.
pub(crate) async fn a_code_is_found_by_what_is_typed(database: Database) {
    let presentations = Presentations::new(database);
    let code = kept(1, NOW + 120);
    assert!(presentations.keep(code.clone(), NOW).await.unwrap());
    assert_eq!(presentations.find(&code.typed, NOW + 119).await.unwrap(), Some(code.clone()));
    assert_eq!(presentations.find(&code.typed, NOW + 120).await.unwrap(), None);
    assert_eq!(presentations.find("OTHER000", NOW).await.unwrap(), None);
    let same = KeptPresentation { typed: code.typed.clone(), ..kept(2, NOW + 120) };
    assert!(!presentations.keep(same.clone(), NOW).await.unwrap(), "two live codes would be typed alike");
    assert!(!presentations.keep(kept(1, NOW + 120), NOW).await.unwrap(), "nor is a code kept twice");
    assert!(presentations.burn(code.id, code.until, NOW).await.unwrap());
    assert_eq!(presentations.find(&code.typed, NOW).await.unwrap(), Some(code.clone()));
    assert!(presentations.keep(same, NOW + 120).await.unwrap(), "what is over makes room");
    assert!(!format!("{code:?}").contains("SW1P"));
}

/// What is over goes away in bounded batches, and never what lives.
pub(crate) async fn what_is_over_is_forgotten(database: Database) {
    let presentations = Presentations::new(database);
    for n in 0..100 {
        assert!(presentations.keep(kept(n, NOW + 1), NOW).await.unwrap());
    }
    assert!(presentations.keep(kept(100, NOW + 500), NOW).await.unwrap());
    assert_eq!(presentations.count().await.unwrap(), 101);
    for (n, left) in [(101, 70), (102, 39), (103, 8), (104, 5), (105, 6)] {
        assert!(presentations.keep(kept(n, NOW + 500), NOW + 1).await.unwrap());
        assert_eq!(presentations.count().await.unwrap(), left);
    }
    assert!(presentations.find("TYPED100", NOW + 1).await.unwrap().is_some());
}
