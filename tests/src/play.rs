//! Plays a story as its clients would: whoever gets no answer asks again under the same key, and whoever was
//! acknowledged writes it down.

use std::time::Duration;

use sealwright_credentials::Signer as _;
use sealwright_engine::store::TaskClaim;
use sealwright_engine::{
    Actor, CommandId, Envelope, InstanceId, PersonId, PhotoId, Receipt, SendError, Vault as _, Workflow,
};
use sealwright_workflows::application::{self, Applicant, Application, Kind, Reviewer};
use sealwright_workflows::licence::{self, Licence, Operator};
use sealwright_workflows::office::dossier::Holder;
use sealwright_workflows::policy::Locale;

use crate::diary::Entry;
use crate::people;
use crate::story::{Step, Story};
use crate::town::Town;

/// Between two looks of whoever waits for something.
const LOOK: Duration = Duration::from_secs(5);

/// Looks before somebody who waits gives up.
const PATIENCE: usize = 100;

/// Whether a step is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    Done,
    /// The power was cut; ask again.
    Again,
}

/// Plays the story from where the diary says it stands, through every power cut, to its end, and lets
/// everything that is under way end.
pub async fn play(town: &mut Town, story: &Story) {
    walk(town, story).await;
    settle(town).await;
}

/// As [`play`], and leaves under way what is under way.
pub async fn walk(town: &mut Town, story: &Story) {
    set_the_scene(town, story);
    let behind = town.diary().steps();
    for (_, step) in &story.steps[..behind.min(story.steps.len())] {
        rearrange(town, step);
    }
    for (n, (application, step)) in story.steps.iter().enumerate().skip(behind) {
        while take(town, story, n, *application, step).await == Turn::Again {
            assert!(town.mains().is_dark(), "{}: step {n} ({step:?}) fails without a reason", story.name);
            town.crash_and_recover().await;
        }
        town.diary().note(Entry::Clock(town.engine.now()));
        town.diary().note(Entry::Done(n));
    }
}

/// Lets everything that is under way end.
pub async fn settle(town: &mut Town) {
    for _ in 0..PATIENCE {
        town.engine.run_until_idle_or_dark().await;
        if town.mains().is_dark() {
            town.crash_and_recover().await;
        } else if town.opened.store.next_effect().await.expect("the store is there").is_none() {
            return;
        }
        town.advance(LOOK).await;
    }
    panic!("effects stay due for ever");
}

fn set_the_scene(town: &Town, story: &Story) {
    for (who, record) in &story.records {
        town.outside.enter(*who, record.clone());
    }
    if story.first_session_fails {
        town.outside.first_session_fails();
    }
}

/// What of a step is outside the office and lasts.
fn rearrange(town: &Town, step: &Step) {
    match step {
        Step::Hold(kind) => town.outside.hold(kind),
        Step::Free(kind) => town.outside.free(kind),
        Step::Change(record) => town.outside.enter(0, (**record).clone()),
        _ => {}
    }
}

/// The instance of an application of a story.
pub fn application_id(town: &Town, application: usize) -> InstanceId {
    let choose = || InstanceId::new(town.engine.now()).0;
    InstanceId(town.diary().chosen(&format!("application {application}"), choose))
}

async fn take(town: &Town, story: &Story, n: usize, application: usize, step: &Step) -> Turn {
    let id = application_id(town, application);
    let who = story.applications[application];
    rearrange(town, step);
    match step {
        Step::Begin => begin(town, n, id, who).await,
        Step::Choose(path) => ask(town, n, id, who, Applicant::ChoosePath { path: *path }).await,
        Step::Confirm => confirm(town, n, id, who).await,
        Step::RetryLiveness => ask(town, n, id, who, Applicant::RetryLiveness).await,
        Step::ReadNotice => ask(town, n, id, who, Applicant::ReadNotice).await,
        Step::Offer(path) => offer(town, n, id, who, *path).await,
        Step::Preview => ask(town, n, id, who, Applicant::ConfirmPreview).await,
        Step::Submit => ask(town, n, id, who, Applicant::Submit).await,
        Step::Withdraw => ask(town, n, id, who, Applicant::Withdraw).await,
        Step::Decide(reviewer, decision) => decide(town, n, id, reviewer, decision.clone()).await,
        Step::Undo(reviewer) => {
            let actor = Actor::Reviewer { id: (*reviewer).into(), roles: ["reviewer".to_owned()].into() };
            let command = application::Command::Reviewer(Reviewer::Undo);
            told(town, id, n, town.engine.send::<Application>(id, envelope(n, actor, command)).await)
        }
        Step::Operate(command) => operate(town, n, who, command.clone()).await,
        Step::Until(phase) => until::<Application>(town, story, id, phase).await,
        Step::UntilLicence(phase) => match holder(town, who).await {
            Some(Some(holder)) => until::<Licence>(town, story, holder.licence, phase).await,
            Some(None) => panic!("{}: nobody knows this licence", story.name),
            None => Turn::Again,
        },
        Step::Wait(time) => {
            town.advance(*time).await;
            lit(town)
        }
        Step::Hold(_) | Step::Free(_) | Step::Change(_) => Turn::Done,
    }
}

async fn begin(town: &Town, n: usize, id: InstanceId, who: u32) -> Turn {
    let office = town.office();
    let admitted = office.dossiers().admit(&people::number(who), None, town.engine.now()).await;
    let Holder { person, licence } = match admitted {
        Ok(holder) => holder,
        Err(error) => return dark(town, &error),
    };
    // Whatever is issued is bound to their wallet, and an mdoc, too.
    let wallet = Some(people::wallet(who).public_key().clone());
    if let Err(error) = office.dossiers().keep_device_key(person, licence, wallet, town.engine.now()).await {
        return dark(town, &error);
    }
    let begin = Applicant::Begin { person, licence, locale: Locale::En, kind: Kind::FirstIssue };
    let envelope = envelope(n, applicant(person), application::Command::Applicant(begin));
    let begun = town.engine.start::<Application>(id, envelope).await;
    settled(town, told(town, id, n, begun)).await
}

async fn confirm(town: &Town, n: usize, id: InstanceId, who: u32) -> Turn {
    let Some(holder) = holder(town, who).await else { return Turn::Again };
    let person = holder.expect("the applicant is known").person;
    match town.office().dossiers().shown(person).await {
        Ok(shown) => {
            let revision = shown.expect("the record is there").revision;
            ask(town, n, id, who, Applicant::ConfirmInformation { revision }).await
        }
        Err(error) => dark(town, &error),
    }
}

async fn offer(
    town: &Town,
    n: usize,
    id: InstanceId,
    who: u32,
    source: sealwright_workflows::policy::Path,
) -> Turn {
    let Some(holder) = holder(town, who).await else { return Turn::Again };
    let person = holder.expect("the applicant is known").person;
    let photo = PhotoId(town.diary().chosen(&format!("photo {n}"), || PhotoId::new(town.engine.now()).0));
    let jpeg = people::jpeg(&format!("taken {who}"));
    let vault = town.mains().vault(town.opened.vault.clone());
    if let Err(error) = vault.put_photo(photo, person, id, &jpeg).await {
        return dark(town, &error);
    }
    let offer = Applicant::OfferPhoto { photo, source, hints: Default::default(), made_on: None };
    ask(town, n, id, who, offer).await
}

async fn ask(town: &Town, n: usize, id: InstanceId, who: u32, command: Applicant) -> Turn {
    let Some(holder) = holder(town, who).await else { return Turn::Again };
    let person = holder.expect("the applicant is known").person;
    let envelope = envelope(n, applicant(person), application::Command::Applicant(command));
    let sent = town.engine.send::<Application>(id, envelope).await;
    settled(town, told(town, id, n, sent)).await
}

async fn decide(town: &Town, n: usize, id: InstanceId, who: &str, decision: Reviewer) -> Turn {
    let command = application::Command::Reviewer(decision);
    // The lease that was given before a cut may still be good, or the decision may have been taken.
    if let Some(lease) = town.diary().lease(id, who) {
        match town.engine.complete::<Application>(&lease, command_id(n), command.clone()).await {
            Err(SendError::LeaseLost) => {}
            other => return told(town, id, n, other),
        }
    }
    let claim = TaskClaim {
        queue: None,
        instance: Some(id),
        who: who.into(),
        roles: ["reviewer".to_owned()].into(),
        time: Duration::from_secs(600),
    };
    let lease = match town.engine.claim(&claim).await {
        Ok(Some((_, lease))) => lease,
        Ok(None) => panic!("step {n}: {who} finds no task to claim"),
        Err(error) => return dark(town, &error),
    };
    town.diary().note(Entry::Leased(lease.clone()));
    let done = town.engine.complete::<Application>(&lease, command_id(n), command).await;
    told(town, id, n, done)
}

async fn operate(town: &Town, n: usize, who: u32, command: Operator) -> Turn {
    let Some(holder) = holder(town, who).await else { return Turn::Again };
    let licence = holder.expect("the licence is known").licence;
    let envelope = envelope(n, Actor::Operator("ops".into()), licence::Command::Operator(command));
    told(town, licence, n, town.engine.send::<Licence>(licence, envelope).await)
}

async fn until<W: Workflow>(town: &Town, story: &Story, id: InstanceId, phase: &str) -> Turn {
    let mut seen = "nothing";
    for _ in 0..PATIENCE {
        town.engine.run_until_idle_or_dark().await;
        if town.mains().is_dark() {
            return Turn::Again;
        }
        seen = match town.engine.view::<W>(id).await {
            Ok(Some(view)) if view.phase == phase => return Turn::Done,
            Ok(view) => view.map_or("nothing", |view| view.phase),
            Err(error) => return dark(town, &error),
        };
        town.advance(LOOK).await;
    }
    panic!("{}: {} {id} stays at {seen} and never comes to {phase}", story.name, W::NAME);
}

/// Who a number belongs to; `None` if the power was cut.
async fn holder(town: &Town, who: u32) -> Option<Option<Holder>> {
    match town.office().dossiers().find(&people::number(who)).await {
        Ok(holder) => Some(holder),
        Err(error) => {
            dark(town, &error);
            None
        }
    }
}

async fn settled(town: &Town, turn: Turn) -> Turn {
    if turn == Turn::Done {
        town.engine.run_until_idle_or_dark().await;
    }
    turn
}

/// What the client makes of the answer.
fn told<R: std::error::Error>(
    town: &Town,
    instance: InstanceId,
    n: usize,
    sent: Result<Receipt, SendError<R>>,
) -> Turn {
    match sent {
        Ok(receipt) => {
            let (command, version) = (command_id(n), receipt.version);
            town.diary().note(Entry::Acked { instance, command, version });
            Turn::Done
        }
        Err(SendError::Rejected(rejection)) => panic!("step {n} is refused: {rejection}"),
        Err(error) => dark(town, &error),
    }
}

fn dark(town: &Town, error: &dyn std::fmt::Display) -> Turn {
    assert!(town.mains().is_dark(), "with the power on: {error}");
    Turn::Again
}

fn lit(town: &Town) -> Turn {
    if town.mains().is_dark() { Turn::Again } else { Turn::Done }
}

/// The actor of an applicant.
pub fn applicant(person: PersonId) -> Actor {
    Actor::Applicant(person.to_string())
}

/// The key of the client's command in step `n`.
pub fn command_id(n: usize) -> CommandId {
    CommandId::client(&format!("step-{n}")).expect("a short key")
}

fn envelope<C>(n: usize, actor: Actor, command: C) -> Envelope<C> {
    Envelope::new(command_id(n), actor, command)
}
