//! The stories: who applies for what, what happens meanwhile, and how it must end.

use std::time::Duration;

use sealwright_workflows::application::Reviewer;
use sealwright_workflows::licence::Operator;
use sealwright_workflows::policy::Path;
use sealwright_workflows::register::LicenceRecord;

use crate::people::{record, with_status, without_photo};

/// A story.
#[derive(Clone)]
pub struct Story {
    /// Its name.
    pub name: &'static str,
    /// The register's records, one a person, by the person's number.
    pub records: Vec<(u32, LicenceRecord)>,
    /// The first liveness session of each application is not the person.
    pub first_session_fails: bool,
    /// The applications: whose each is.
    pub applications: Vec<u32>,
    /// What happens, in order: in which application, and what.
    pub steps: Vec<(usize, Step)>,
    /// How it ends.
    pub ends: Vec<Ending>,
}

/// How an application ends.
#[derive(Clone)]
pub struct Ending {
    /// Its phase.
    pub phase: &'static str,
    /// The subjects of all mails about it, in any order.
    pub mails: Vec<&'static str>,
    /// The standing of its licence, where there is one.
    pub standing: Option<&'static str>,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum Step {
    /// The application begins.
    Begin,
    /// The applicant chooses where the photo comes from.
    Choose(Path),
    /// The applicant confirms the record.
    Confirm,
    /// The applicant asks for another liveness session.
    RetryLiveness,
    /// The applicant has read the notice.
    ReadNotice,
    /// The applicant gives a photo.
    Offer(Path),
    /// The applicant confirms the photo.
    Preview,
    /// The applicant submits.
    Submit,
    /// The applicant withdraws.
    Withdraw,
    /// A reviewer takes the case and decides.
    Decide(&'static str, Reviewer),
    /// A reviewer takes the decision back.
    Undo(&'static str),
    /// An operator acts on the licence.
    Operate(Operator),
    /// The register has another record from now on.
    Change(Box<LicenceRecord>),
    /// Time passes until the application is in this phase.
    Until(&'static str),
    /// Time passes until its licence is in this phase.
    UntilLicence(&'static str),
    /// Time passes.
    Wait(Duration),
    /// Effects of this kind are put off.
    Hold(&'static str),
    /// Effects of this kind go on.
    Free(&'static str),
}

const READY: &str = "Your electronic driving licence is ready";
const SHOWN_RED: &str = "Your electronic driving licence is shown in red";
const USABLE_AGAIN: &str = "Your electronic driving licence can be used again";
const OVER: &str = "Your electronic driving licence is no longer valid";
const ANOTHER_PHOTO: &str = "Please give another photo";
const CONFIRM_AGAIN: &str = "Please confirm your information again";
const REFUSED: &str = "Your application was refused";
const WITHDRAWN: &str = "Your application was withdrawn";

/// All stories.
pub fn all() -> Vec<Story> {
    vec![
        retained(),
        camera_with_a_second_try(),
        album_sent_back_and_withdrawn(),
        album_refused_by_two(),
        barred_and_back_again(),
        approved_undone_and_approved(),
        withdrawal_before_the_reservation(),
        withdrawal_overtakes_the_answer(),
        suspension_abandons_an_order(),
        newer_record_at_submission(),
        suspended_applicant(),
        two_open_for_one_licence(),
        suspended_restored_and_ended(),
    ]
}

/// One story by its name.
pub fn named(name: &str) -> Option<Story> {
    all().into_iter().find(|story| story.name == name)
}

fn end(phase: &'static str, mails: &[&'static str], standing: Option<&'static str>) -> Ending {
    Ending { phase, mails: mails.to_vec(), standing }
}

/// A story of one application by somebody with a retained photo, in which nothing happens yet.
pub fn story(name: &'static str, who: u32) -> Story {
    Story {
        name,
        records: vec![(who, record(who))],
        first_session_fails: false,
        applications: vec![who],
        steps: Vec::new(),
        ends: Vec::new(),
    }
}

impl Story {
    /// As it is, and then these steps in its first application.
    #[must_use]
    pub fn then(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.steps.extend(in_first(steps));
        self
    }

    /// Up to the last step before submission, on the retained path.
    #[must_use]
    pub fn to_submission(mut self) -> Self {
        self.steps.extend(to_submission(0));
        self
    }

    /// Without a retained photo, up to a reviewer.
    #[must_use]
    pub fn to_review(mut self, path: Path) -> Self {
        let who = self.applications[0];
        self.records = vec![(who, without_photo(who))];
        self.steps.extend(to_review(0, path));
        self
    }
}

fn reject(reason: &str) -> Reviewer {
    Reviewer::Reject { reasons: [reason.to_owned()].into() }
}

/// From the first click to the last step before submission, on the retained path.
fn to_submission(application: usize) -> Vec<(usize, Step)> {
    [Step::Begin, Step::Until("information"), Step::Confirm, Step::Until("submit")]
        .map(|step| (application, step))
        .into()
}

/// From the first click to a reviewer.
fn to_review(application: usize, path: Path) -> Vec<(usize, Step)> {
    let begin = [
        Step::Begin,
        Step::Until("path"),
        Step::Choose(path),
        Step::Confirm,
        Step::Until("notice"),
        Step::ReadNotice,
    ];
    begin.into_iter().chain(photo(path)).map(|step| (application, step)).collect()
}

fn photo(path: Path) -> [Step; 4] {
    [Step::Offer(path), Step::Preview, Step::Submit, Step::Until("photo_review")]
}

fn in_first(steps: impl IntoIterator<Item = Step>) -> impl Iterator<Item = (usize, Step)> {
    steps.into_iter().map(|step| (0, step))
}

fn retained() -> Story {
    let mut story = story("retained", 1);
    story.steps = to_submission(0);
    story.steps.extend(in_first([Step::Submit, Step::Until("issued")]));
    story.ends = vec![end("issued", &[READY], Some("active"))];
    story
}

fn camera_with_a_second_try() -> Story {
    let mut story = story("camera-second-try", 2);
    story.records = vec![(2, without_photo(2))];
    story.first_session_fails = true;
    story.steps = in_first([
        Step::Begin,
        Step::Until("path"),
        Step::Choose(Path::Camera),
        Step::Confirm,
        Step::Wait(Duration::from_secs(10)),
        Step::RetryLiveness,
        Step::Until("notice"),
        Step::ReadNotice,
    ])
    .collect();
    story.steps.extend(in_first(photo(Path::Camera)));
    story.steps.extend(in_first([Step::Decide("ann", reject("background")), Step::Until("photo")]));
    story.steps.extend(in_first(photo(Path::Camera)));
    story.steps.extend(in_first([Step::Decide("ben", Reviewer::Approve), Step::Until("issued")]));
    story.ends = vec![end("issued", &[ANOTHER_PHOTO, READY], Some("active"))];
    story
}

fn album_sent_back_and_withdrawn() -> Story {
    let mut story = story("album-withdrawn", 3);
    story.records = vec![(3, without_photo(3))];
    story.steps = to_review(0, Path::Album);
    story.steps.extend(in_first([
        Step::Decide("ann", reject("quality")),
        Step::Until("photo"),
        Step::Withdraw,
        Step::Until("withdrawn"),
        Step::UntilLicence("none"),
    ]));
    story.ends = vec![end("withdrawn", &[ANOTHER_PHOTO, WITHDRAWN], Some("none"))];
    story
}

fn album_refused_by_two() -> Story {
    let mut story = story("album-refused", 4);
    story.records = vec![(4, without_photo(4))];
    story.steps = to_review(0, Path::Album);
    story.steps.extend(in_first([
        Step::Decide("ann", reject("another_person")),
        Step::Wait(Duration::from_secs(31)),
        Step::Decide("ben", reject("another_person")),
        Step::Until("refused"),
        Step::UntilLicence("none"),
    ]));
    story.ends = vec![end("refused", &[REFUSED], Some("none"))];
    story
}

fn barred_and_back_again() -> Story {
    let mut story = story("barred-and-back", 5);
    story.records = vec![(5, without_photo(5))];
    story.applications = vec![5, 5];
    story.steps = to_review(0, Path::Camera);
    story.steps.extend(in_first([
        Step::Decide("ann", reject("malicious")),
        Step::Wait(Duration::from_secs(31)),
        Step::Decide("ben", reject("malicious")),
        Step::Until("barred"),
        Step::UntilLicence("none"),
    ]));
    story.steps.extend([(1, Step::Begin), (1, Step::Until("refused"))]);
    story.ends = vec![end("barred", &[REFUSED], Some("none")), end("refused", &[REFUSED], Some("none"))];
    story
}

fn approved_undone_and_approved() -> Story {
    let mut story = story("undone", 6);
    story.records = vec![(6, without_photo(6))];
    story.steps = to_review(0, Path::Camera);
    story.steps.extend(in_first([
        Step::Decide("ann", reject("malicious")),
        Step::Undo("ann"),
        Step::Decide("ann", Reviewer::Approve),
        Step::Until("issued"),
    ]));
    story.ends = vec![end("issued", &[READY], Some("active"))];
    story
}

/// The licence has not been asked yet when the application is withdrawn.
fn withdrawal_before_the_reservation() -> Story {
    let mut story = story("withdrawn-before-reserve", 7);
    story.applications = vec![7, 7];
    story.steps = in_first([
        Step::Hold("reserve"),
        Step::Begin,
        Step::Until("admission"),
        Step::Withdraw,
        Step::Free("reserve"),
        Step::Wait(Duration::from_secs(120)),
    ])
    .collect();
    story.steps.extend([(1, Step::Begin), (1, Step::Until("information"))]);
    story.ends = vec![end("withdrawn", &[WITHDRAWN], Some("none")), end("information", &[], Some("none"))];
    story
}

/// The licence has admitted the application, and its answer comes after the withdrawal.
fn withdrawal_overtakes_the_answer() -> Story {
    let mut story = story("withdrawn-before-tell", 8);
    story.applications = vec![8, 8];
    story.steps = in_first([
        Step::Hold("tell"),
        Step::Begin,
        Step::Until("admission"),
        Step::UntilLicence("reserved"),
        Step::Withdraw,
        Step::Free("tell"),
        Step::UntilLicence("none"),
    ])
    .collect();
    story.steps.extend([(1, Step::Begin), (1, Step::Until("information"))]);
    story.ends = vec![end("withdrawn", &[WITHDRAWN], Some("none")), end("information", &[], Some("none"))];
    story
}

fn suspension_abandons_an_order() -> Story {
    let mut story = story("order-abandoned", 9);
    story.steps = to_submission(0);
    story.steps.extend(in_first([
        Step::Hold("sign"),
        Step::Submit,
        Step::UntilLicence("ordered"),
        Step::Until("issue"),
        Step::Operate(Operator::Suspend),
        Step::Free("sign"),
        Step::Until("refused"),
        Step::Wait(Duration::from_secs(120)),
    ]));
    story.ends = vec![end("refused", &[REFUSED], Some("none"))];
    story
}

fn newer_record_at_submission() -> Story {
    let mut story = story("newer-record", 10);
    let moved = LicenceRecord { address: "金丝雀省芦苇市新街".into(), points: 6, ..record(10) };
    story.steps = to_submission(0);
    story.steps.extend(in_first([
        Step::Change(Box::new(moved)),
        Step::Wait(Duration::from_secs(2 * 3_600)),
        Step::Submit,
        Step::Until("information"),
        Step::Confirm,
        Step::Until("issued"),
    ]));
    story.ends = vec![end("issued", &[CONFIRM_AGAIN, READY], Some("active"))];
    story
}

fn suspended_applicant() -> Story {
    let mut story = story("suspended", 11);
    story.records = vec![(11, with_status(11, "BD"))];
    story.steps = in_first([Step::Begin, Step::Until("refused")]).collect();
    story.ends = vec![end("refused", &[REFUSED], None)];
    story
}

fn two_open_for_one_licence() -> Story {
    let mut story = story("two-open", 12);
    story.applications = vec![12, 12];
    story.steps = to_submission(0);
    story.steps.extend([(1, Step::Begin), (1, Step::Until("refused"))]);
    story.steps.extend(in_first([Step::Submit, Step::Until("issued")]));
    story.ends = vec![end("issued", &[READY], Some("active")), end("refused", &[REFUSED], Some("active"))];
    story
}

fn suspended_restored_and_ended() -> Story {
    let mut story = story("life", 13);
    story.steps = to_submission(0);
    story.steps.extend(in_first([
        Step::Submit,
        Step::Until("issued"),
        Step::Operate(Operator::Suspend),
        Step::UntilLicence("suspended"),
        // What is over before it is sent is not sent; a crash may hold it up for as long as a lease.
        Step::Wait(Duration::from_secs(600)),
        Step::Operate(Operator::Restore),
        Step::UntilLicence("active"),
        Step::Wait(Duration::from_secs(600)),
        Step::Operate(Operator::Invalidate),
        Step::UntilLicence("invalid"),
    ]));
    story.ends = vec![end("issued", &[READY, SHOWN_RED, USABLE_AGAIN, OVER], Some("invalid"))];
    story
}
