//! Notices by several channels: each at most once, whatever becomes of the others.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sealwright_engine::store::EffectQuery;
use sealwright_engine::{Call, EffectKey, Outcome, Timestamp};
use sealwright_workflows::application::Applicant;
use sealwright_workflows::licence::{self, Licence};
use sealwright_workflows::notice::LicenceNotice;
use sealwright_workflows::office::gateway::{Gateway, Handed, Message, Recipient};
use sealwright_workflows::office::in_process::LocalGateway;
use sealwright_workflows::office::{Channel, Notices};
use sealwright_workflows::policy::Policy;

use crate::house::{Applying, House};
use crate::people;

const ALL: [Channel; 3] = [Channel::Email, Channel::Sms, Channel::Push];

/// Answers as it was told to, the last for ever; keeps what it took and when it was asked.
struct Gate {
    answers: Mutex<Vec<Handed>>,
    asked: Mutex<Vec<(String, Timestamp)>>,
    taken: Mutex<Vec<Message>>,
}

impl Gate {
    fn answering(answers: &[Handed]) -> Arc<Self> {
        let answers = Mutex::new(answers.iter().rev().cloned().collect());
        Arc::new(Self { answers, asked: Mutex::default(), taken: Mutex::default() })
    }

    fn asked(&self) -> Vec<(String, Timestamp)> {
        self.asked.lock().expect("nobody panics with it").clone()
    }

    fn taken(&self) -> Vec<Message> {
        self.taken.lock().expect("nobody panics with it").clone()
    }
}

#[async_trait]
impl Gateway for Gate {
    async fn hand(&self, message: &Message, now: Timestamp) -> Handed {
        self.asked.lock().expect("nobody panics with it").push((message.id.clone(), now));
        let mut answers = self.answers.lock().expect("nobody panics with it");
        let answer = if answers.len() > 1 { answers.pop() } else { answers.last().cloned() };
        let answer = answer.expect("there is one");
        if answer == Handed::Accepted {
            self.taken.lock().expect("nobody panics with it").push(message.clone());
        }
        answer
    }
}

fn failed() -> Handed {
    Handed::Failed("down".into())
}

async fn house(sms: Arc<dyn Gateway>, push: Arc<dyn Gateway>) -> House {
    House::with(|parts| {
        let channels = BTreeSet::from(ALL);
        parts.notices = Notices { channels, sms: Some(sms), push: Some(push), ..Notices::default() };
        parts.policy = Policy::from_toml(AWAKE).expect("it holds");
    })
    .await
}

/// No quiet hours.
const AWAKE: &str = "[notices]\nquiet = { from = \"00:00:00\", until = \"00:00:00\" }";

async fn withdrawn(house: &House) -> Applying {
    house.enter(1);
    let applying = house.begin(1).await;
    house.does(&applying, "withdraw", Applicant::Withdraw).await;
    applying
}

#[tokio::test]
async fn an_event_is_one_notice_by_each_channel_under_ids_of_its_own() {
    let (sms, push) = (Arc::new(LocalGateway::default()), Arc::new(LocalGateway::default()));
    let house = house(sms.clone(), push.clone()).await;
    let applying = withdrawn(&house).await;
    let key = house.effect_of(&applying, "notify").await;
    let (mails, sms, push) = (house.post.mails(), sms.messages(), push.messages());
    assert_eq!((mails.len(), sms.len(), push.len()), (1, 1, 1));
    assert_eq!(mails[0].id, key.to_string());
    assert_eq!((sms[0].id.clone(), push[0].id.clone()), (format!("{key}.sms"), format!("{key}.push")));
    assert!(sms[0].to == Recipient::Phone("+8613800138000".into()), "as the register has it, without spaces");
    assert!(push[0].to == Recipient::Person(applying.holder.person.to_string()));
    assert_eq!(sms[0].text, "You withdrew your application for the electronic driving licence.");
    assert_eq!(sms[0].at, mails[0].at, "the moment of the event");
}

#[tokio::test]
async fn a_channel_that_fails_is_tried_again_alone() {
    let sms = Gate::answering(&[failed(), failed(), Handed::Accepted]);
    let push = Gate::answering(&[Handed::Refused("no phone".into())]);
    let house = house(sms.clone(), push.clone()).await;
    withdrawn(&house).await;
    house.engine.advance(Duration::from_secs(600)).await;
    let asked = sms.asked();
    assert_eq!((asked.len(), sms.taken().len()), (3, 1));
    assert!(asked.iter().all(|(id, _)| *id == asked[0].0), "one id on all attempts");
    assert_eq!(push.asked().len(), 1, "a definite no is not asked for again");
    assert_eq!(house.post.mails().len(), 1);
}

#[tokio::test]
async fn patience_that_a_gateway_asks_for_is_granted_and_costs_no_attempt() {
    let later = Timestamp::from_secs(1_772_452_800 + 1_200);
    let sms = Gate::answering(&[Handed::Later(later), Handed::Accepted]);
    let house = house(sms.clone(), Arc::new(LocalGateway::default())).await;
    let applying = withdrawn(&house).await;
    house.engine.advance(Duration::from_secs(1_100)).await;
    assert_eq!(sms.asked().len(), 1);
    house.engine.advance(Duration::from_secs(200)).await;
    assert_eq!((sms.taken().len(), sms.asked()[1].1), (1, later));
    let query = EffectQuery { instance: Some(applying.application), limit: 20, ..EffectQuery::default() };
    let rows = house.engine.store().effects(&query).await.expect("the store is there");
    assert!(rows.iter().all(|row| row.attempts == 0));
}

#[tokio::test]
async fn a_gateway_that_fails_for_long_is_paused_an_operator_hears_of_it_and_nothing_is_lost() {
    let mut answers = vec![failed(); 40];
    answers.push(Handed::Accepted);
    let sms = Gate::answering(&answers);
    let house = house(sms.clone(), Arc::new(LocalGateway::default())).await;
    withdrawn(&house).await;
    house.engine.advance(Duration::from_secs(3_600)).await;
    let alerts = || -> Vec<_> {
        let mails = house.post.mails().into_iter();
        mails.filter(|mail| mail.subject.contains("sms gateway is paused")).collect()
    };
    assert_eq!(alerts().len(), 1, "once for the same trouble");
    assert!(alerts()[0].text.contains("down") && !alerts()[0].text.contains("138"));
    let asked = sms.asked();
    let last: Vec<_> = asked.iter().rev().take(2).map(|(_, at)| *at).collect();
    assert!(last[0].since(last[1]) >= Duration::from_secs(15 * 60), "one trial in a quarter of an hour");
    house.engine.advance(Duration::from_secs(12 * 3_600)).await;
    assert_eq!(sms.taken().len(), 1, "it went out by itself");
    assert_eq!(house.post.mails().iter().filter(|mail| mail.address != "operator@example.com").count(), 1);
}

#[tokio::test]
async fn while_a_gateway_is_paused_one_message_is_tried_for_all() {
    let mut answers = vec![Handed::Gone; 3];
    answers.push(Handed::Accepted);
    let sms = Gate::answering(&answers);
    let house = house(sms.clone(), Arc::new(LocalGateway::default())).await;
    for sequence in 1..=6 {
        house.enter(sequence);
        let applying = house.begin(sequence).await;
        house.does(&applying, "withdraw", Applicant::Withdraw).await;
    }
    assert_eq!(sms.asked().len(), 1, "410 is a pause at once");
    house.engine.advance(Duration::from_secs(16 * 60)).await;
    assert_eq!(sms.asked().len(), 2, "the others wait for the one that is tried");
    house.engine.advance(Duration::from_secs(2 * 3_600)).await;
    assert_eq!(sms.taken().len(), 6);
    assert_eq!(sms.asked().len(), 9, "three that were not taken, and each once");
}

#[tokio::test]
async fn phones_are_silent_in_quiet_hours_and_mails_are_not() {
    let (sms, push) = (Gate::answering(&[Handed::Accepted]), Gate::answering(&[Handed::Accepted]));
    let (one, other) = (sms.clone(), push.clone());
    let house = House::with(move |parts| {
        let channels = BTreeSet::from(ALL);
        parts.notices = Notices { channels, sms: Some(one), push: Some(other), ..Notices::default() };
        // It is 20:00 in Shanghai.
        let rules = "[notices]\nquiet = { from = \"19:30:00\", until = \"07:15:00\" }";
        parts.policy = Policy::from_toml(rules).expect("it holds");
    })
    .await;
    withdrawn(&house).await;
    assert_eq!((house.post.mails().len(), sms.asked().len()), (1, 0));
    let end = Timestamp::from_secs(1_772_452_800 + 11 * 3_600 + 15 * 60);
    house.engine.advance(Duration::from_secs(12 * 3_600)).await;
    assert_eq!(sms.asked().iter().map(|(_, at)| *at).collect::<Vec<_>>(), [end]);
    assert_eq!((push.taken().len(), house.post.mails().len()), (1, 1));
}

#[tokio::test]
async fn whoever_cannot_be_reached_by_a_channel_is_told_by_the_others() {
    let (sms, push) = (Arc::new(LocalGateway::default()), Arc::new(LocalGateway::default()));
    let house = house(sms.clone(), push.clone()).await;
    let mut record = people::record(1);
    (record.contacts.email, record.contacts.phone) = (None, Some("call me".into()));
    house.register.put(record);
    let applying = house.begin(1).await;
    house.does(&applying, "withdraw", Applicant::Withdraw).await;
    assert_eq!((house.post.mails().len(), sms.messages().len(), push.messages().len()), (0, 0, 1));
    house.erase(applying.holder.person).await;
}

#[tokio::test]
async fn the_holder_of_a_licence_is_told_in_the_language_they_chose() {
    let (sms, push) = (Arc::new(LocalGateway::default()), Arc::new(LocalGateway::default()));
    let house = house(sms.clone(), push.clone()).await;
    let applying = withdrawn(&house).await;
    let (person, instance) = (applying.holder.person, applying.holder.licence);
    let call = |version| Call::<Licence> {
        key: EffectKey { instance, version, n: 0 },
        instance,
        effect: licence::Effect::LookUpRecord { person, since: None },
        attempts: 0,
        decided_at: house.engine.now(),
        engine: (*house.engine).clone(),
    };
    let notices = [
        LicenceNotice::Suspended,
        LicenceNotice::Hidden,
        LicenceNotice::Restored,
        LicenceNotice::Reissued { version: 2 },
        LicenceNotice::Invalidated,
    ];
    for (version, notice) in (1..).zip(notices) {
        for _ in 0..2 {
            let end = house.office.notify_licence(&call(version), person, notice).await;
            assert_eq!(end, Outcome::Done(None));
        }
    }
    let mails = house.post.mails();
    assert_eq!((mails.len(), sms.messages().len(), push.messages().len()), (6, 6, 6));
    let told: Vec<_> = mails.iter().skip(1).map(|mail| mail.subject.as_str()).collect();
    let expected = [
        "您的电子驾驶证显示为红色",
        "您的电子驾驶证暂不显示",
        "您的电子驾驶证已恢复使用",
        "您的电子驾驶证已重新生成",
        "您的电子驾驶证已失效",
    ];
    assert_eq!(told, expected);
    house.erase(person).await;
    let end = house.office.notify_licence(&call(9), person, LicenceNotice::Restored).await;
    assert_eq!(end, Outcome::Done(None), "nobody is left to be told");
    assert_eq!(house.post.mails().len(), 6);
}

/// What it takes is lost on its way back, now and then.
struct Crash(AtomicU32);

#[async_trait]
impl Gateway for Crash {
    async fn hand(&self, _message: &Message, _now: Timestamp) -> Handed {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            0 => panic!("a gateway's client that panics"),
            _ => Handed::Accepted,
        }
    }
}

#[tokio::test]
async fn a_client_that_panics_costs_an_attempt_and_no_more() {
    let crash = Arc::new(Crash(AtomicU32::new(0)));
    let house = house(crash.clone(), Arc::new(LocalGateway::default())).await;
    withdrawn(&house).await;
    house.engine.advance(Duration::from_secs(60)).await;
    assert_eq!(crash.0.load(Ordering::Relaxed), 2);
    assert_eq!(house.post.mails().len(), 1, "the same id, seen once");
}
