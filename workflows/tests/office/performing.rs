//! Effects of applications that do not go by themselves.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use sealwright_workflows::application::{Applicant, Liveness};
use sealwright_workflows::office::http::Unavailable;
use sealwright_workflows::office::mail::{Mail, Post, Posted};
use sealwright_workflows::office::register::{Entry, Register};
use sealwright_workflows::register::LicenceNumber;

use crate::house::{House, liveness};
use crate::people;

#[tokio::test]
async fn a_number_that_nobody_knows_is_refused_and_without_an_address_nobody_is_written_to() {
    let house = House::open().await;
    let applying = house.begin(7).await;
    assert_eq!(house.phase(&applying).await, "refused");
    assert!(house.post.mails().is_empty());
}

#[tokio::test]
async fn a_second_application_for_the_licence_is_refused_and_the_first_goes_on() {
    let house = House::open().await;
    house.enter(1);
    let (first, second) = (house.begin(1).await, house.begin(1).await);
    assert_eq!(first.holder, second.holder);
    assert_eq!(house.phase(&first).await, "information");
    assert_eq!(house.phase(&second).await, "refused");
    house.does(&first, "withdraw", Applicant::Withdraw).await;
    let third = house.begin(1).await;
    assert_eq!(house.phase(&third).await, "information", "the withdrawal gave the admission back");
}

#[tokio::test]
async fn a_retained_photo_that_the_register_lost_means_a_photo_from_the_applicant() {
    let house = House::open().await;
    house.register.put(people::record(1));
    let applying = house.begin(1).await;
    assert_eq!(house.phase(&applying).await, "path");
    let dossier = house.office.dossiers().record(applying.holder.person, None).await.unwrap().unwrap();
    assert!(!dossier.record.facts().retained_photo_usable);
}

#[tokio::test]
async fn the_same_record_again_is_no_new_revision_and_its_photo_is_not_fetched_again() {
    let house = House::open().await;
    house.enter(1);
    let first = house.begin(1).await;
    house.does(&first, "withdraw", Applicant::Withdraw).await;
    // Were it fetched again, these bytes would be the photo.
    house.register.put_photo("photo-1", vec![0xFF, 0xD8, 0xFF, 9]);
    let second = house.begin(1).await;
    let dossiers = house.office.dossiers();
    assert_eq!(dossiers.shown(second.holder.person).await.unwrap().unwrap().revision, 1);
    assert_eq!(dossiers.retained_photo(second.holder.person).await.unwrap().unwrap().0, 1);
}

#[tokio::test]
async fn the_url_of_a_session_is_in_the_vault_and_not_in_the_journal() {
    let house = House::open().await;
    house.enter(1);
    let applying = house.begin(1).await;
    house.confirm(&applying).await;
    let dossiers = house.office.dossiers();
    let session = dossiers.session(applying.holder.person, applying.application, 1).await.unwrap();
    let session = session.expect("it is kept");
    assert!(session.url.starts_with("local:"));
    let history = house.engine.store().load(applying.application).await.unwrap().expect("it is there");
    for row in history.journal {
        assert!(!row.body.contains("local:") && !row.body.contains("测试甲"), "{}", row.body);
        assert!(!row.body.contains(people::number(1).as_str()), "{}", row.body);
    }
}

#[tokio::test]
async fn a_result_may_come_by_callback_before_the_poll() {
    let house = House::open().await;
    house.enter(1);
    let applying = house.begin(1).await;
    house.confirm(&applying).await;
    let key = house.effect_of(&applying, "start_liveness").await;
    let passed = liveness(1, Liveness::Passed { score: 90, serial: "V".into() });
    house.answer(&applying, key, passed).await;
    assert_eq!(house.phase(&applying).await, "submit");
    // The poll is moot now, also if the vendor says something else.
    house.vendor.finish(&house.vendor.open()[0], Liveness::NotThePerson { serial: "V".into() });
    house.engine.advance(Duration::from_secs(60)).await;
    assert_eq!(house.phase(&applying).await, "submit");
}

#[tokio::test]
async fn an_erased_person_is_told_nothing_and_the_application_ends() {
    let house = House::open().await;
    house.enter(1);
    let applying = house.begin(1).await;
    house.confirm(&applying).await;
    house.pass_liveness().await;
    house.erase(applying.holder.person).await;
    house.does(&applying, "submit", Applicant::Submit).await;
    assert_eq!(house.phase(&applying).await, "refused");
    assert!(house.post.mails().is_empty());
}

/// Down for some calls, then as good as the one behind it.
struct Shaky<T> {
    down: Mutex<u32>,
    behind: Arc<T>,
}

impl<T> Shaky<T> {
    fn is_up(&self) -> Result<(), Unavailable> {
        let mut down = self.down.lock().expect("nobody panics with it");
        match down.checked_sub(1) {
            Some(left) => {
                *down = left;
                Err(Unavailable("down".into()))
            }
            None => Ok(()),
        }
    }
}

#[async_trait]
impl<T: Register> Register for Shaky<T> {
    async fn record(&self, number: &LicenceNumber) -> Result<Entry, Unavailable> {
        self.is_up()?;
        self.behind.record(number).await
    }

    async fn photo(&self, reference: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        self.behind.photo(reference).await
    }
}

#[async_trait]
impl<T: Post> Post for Shaky<T> {
    async fn send(&self, mail: &Mail) -> Result<Posted, Unavailable> {
        self.is_up()?;
        self.behind.send(mail).await
    }
}

#[tokio::test]
async fn a_register_that_is_away_is_asked_again_until_it_answers_and_somebody_is_woken() {
    let house = House::with(|parts| {
        let behind = Arc::new(sealwright_workflows::office::in_process::LocalRegister::default());
        behind.put(people::record(1));
        behind.put_photo("photo-1", crate::house::JPEG.to_vec());
        parts.register = Arc::new(Shaky { down: Mutex::new(30), behind });
    })
    .await;
    let applying = house.begin(1).await;
    assert_eq!(house.phase(&applying).await, "record");
    house.engine.advance(Duration::from_secs(3_600)).await;
    let alerts = house.post.mails();
    assert!(alerts.iter().any(|mail| mail.address == "operator@example.com"), "an operator is woken");
    house.engine.advance(Duration::from_secs(4 * 3_600)).await;
    assert_eq!(house.phase(&applying).await, "information");
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_tried_again_with_the_same_id() {
    let inbox = Arc::new(sealwright_workflows::office::in_process::LocalPost::default());
    let behind = inbox.clone();
    let house =
        House::with(move |parts| parts.post = Some(Arc::new(Shaky { down: Mutex::new(3), behind }))).await;
    house.enter(1);
    let applying = house.begin(1).await;
    house.does(&applying, "withdraw", Applicant::Withdraw).await;
    assert!(inbox.mails().is_empty());
    house.engine.advance(Duration::from_secs(600)).await;
    let mails = inbox.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].id.starts_with(&applying.application.0.as_simple().to_string()), "{}", mails[0].id);
}
