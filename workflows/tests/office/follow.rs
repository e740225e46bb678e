//! Following the register: the same change counts once, whoever brings it and however often.

use sealwright_engine::{Actor, Engine};
use sealwright_workflows::licence::{Purpose, Standing};
use sealwright_workflows::office::{Followed, NotFollowed};
use sealwright_workflows::register::{LicenceRecord, RecordField};

use crate::house::House;
use crate::people;

fn errand(name: &str) -> Actor {
    Actor::Operator(name.to_owned())
}

fn counted(sequence: u32, revision: u64, change: impl FnOnce(&mut LicenceRecord)) -> LicenceRecord {
    let mut record = LicenceRecord { revision: Some(revision), ..people::record(sequence) };
    change(&mut record);
    record
}

fn status(letters: &str) -> impl FnOnce(&mut LicenceRecord) + '_ {
    move |record| record.status = letters.parse().expect("letters")
}

impl House {
    async fn follows(&self, record: LicenceRecord, errand_name: &str) -> Followed {
        let engine: &Engine = &self.engine;
        let came = self.office.follow(engine, record, errand(errand_name)).await.expect("it can be followed");
        self.engine.run_until_idle().await;
        came
    }
}

#[tokio::test]
async fn nothing_is_kept_of_whom_nobody_applied_for() {
    let house = House::open().await;
    assert_eq!(house.follows(counted(9, 1, |_| ()), "push").await, Followed::Unknown);
    assert_eq!(house.office.dossiers().find(&people::number(9)).await, Ok(None));
}

#[tokio::test]
async fn each_errand_gets_its_own_first_answer_and_the_change_happens_once() {
    let house = House::open().await;
    let applying = house.issue(1).await;
    let moved = || {
        counted(1, 5, |record| {
            record.address = "虚构省样例市新路2号".into();
            record.classes = "C1D".parse().expect("classes");
        })
    };
    assert_eq!(house.follows(moved(), "push").await, Followed::Reissued);
    let life = house.life(&applying).await;
    assert_eq!((life.versions, life.standing()), (2, Standing::Active));
    let document = life.document.expect("there is one");
    let changed = [RecordField::Classes, RecordField::Address].into();
    assert_eq!((document.version, document.purpose), (2, Purpose::Refresh { changed }));
    // The first errand broke off and asks again; a sweep and a pull come by.
    assert_eq!(house.follows(moved(), "push").await, Followed::Reissued);
    assert_eq!(house.follows(moved(), "sweep").await, Followed::Unchanged);
    assert_eq!(
        house
            .follows(
                counted(1, 6, |record| *record = LicenceRecord { revision: Some(6), ..moved() }),
                "count"
            )
            .await,
        Followed::Unchanged
    );
    // Older ones come late.
    assert_eq!(house.follows(counted(1, 4, status("F")), "late").await, Followed::Unchanged);
    assert_eq!(house.follows(counted(1, 6, status("F")), "late too").await, Followed::Unchanged);
    assert_eq!(house.life(&applying).await.versions, 2);
}

#[tokio::test]
async fn each_consequence_has_its_name() {
    let house = House::open().await;
    house.issue(1).await;
    let story = [
        ("D", 2, Followed::Suspended),
        ("DB", 3, Followed::Noted),
        ("J", 4, Followed::Hidden),
        ("A", 5, Followed::Restored),
        ("H", 6, Followed::Noted),
        ("F", 7, Followed::Invalidated),
        ("A", 8, Followed::Noted),
    ];
    for (letters, revision, came) in story {
        let name = format!("push {revision}");
        assert_eq!(house.follows(counted(1, revision, status(letters)), &name).await, came, "{letters}");
        assert_eq!(
            house.follows(counted(1, revision, status(letters)), &name).await,
            came,
            "{letters} again"
        );
    }
}

#[tokio::test]
async fn what_does_not_say_how_new_it_is_is_a_hint_to_ask() {
    let house = House::open().await;
    let applying = house.issue(1).await;
    let mut old = people::record(1);
    old.status = "F".parse().expect("a letter");
    // An old page says revoked; the register, asked, does not.
    assert_eq!(house.follows(old.clone(), "page").await, Followed::Unchanged);
    house.register.put(LicenceRecord { status: "D".parse().expect("a letter"), ..people::record(1) });
    assert_eq!(house.follows(old.clone(), "page 2").await, Followed::Suspended);
    // Lost, and found again as it was.
    house.register.remove(&people::number(1));
    let engine: &Engine = &house.engine;
    let came = house.office.follow_number(engine, &people::number(1), errand("gone")).await;
    assert_eq!(came, Ok(Followed::Hidden));
    house.register.put(LicenceRecord { status: "D".parse().expect("a letter"), ..people::record(1) });
    let came = house.office.follow_number(engine, &people::number(1), errand("back")).await;
    assert_eq!(came, Ok(Followed::Suspended));
    // From a file it counts as it is.
    let came = house.office.follow_as_is(engine, people::record(1), errand("file")).await;
    assert_eq!(came, Ok(Followed::Restored));
    assert_eq!(house.life(&applying).await.versions, 1);
}

#[tokio::test]
async fn an_erased_person_is_followed_no_more() {
    let house = House::open().await;
    let applying = house.issue(1).await;
    house.erase(applying.holder.person).await;
    let came: Result<_, NotFollowed> =
        house.office.follow(&house.engine, counted(1, 2, status("D")), errand("push")).await;
    assert_eq!(came, Ok(Followed::Unknown));
}
