//! What an application is asked, what it records, what it wants done, and what it refuses.
//!
//! Nothing in here names anybody: people, photos and licences are references into the vault.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sealwright_engine::{InstanceId, PersonId, PhotoId, Timestamp};
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::licence::{Decline, Ended, NotIssued, Portrait, PortraitKind, Told};
use crate::policy::{Locale, Path, Severity, Step};
use crate::register::RecordFacts;

/// A request, by the door it comes through.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// From the applicant: `Actor::Applicant(person.to_string())`.
    Applicant(Applicant),
    /// From the office: decisions as `Actor::Holder`, [`Reviewer::Undo`] as `Actor::Reviewer`.
    Reviewer(Reviewer),
    /// The answer to an effect: `Actor::Performer`.
    Answer(Answer),
    /// This application's own deadline.
    Timer(Timer),
    /// A person who runs the system, or a schedule.
    Operator(Operator),
}

/// What an applicant does.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applicant {
    /// Start. The vault knows person and licence already, by random ids.
    Begin {
        /// Who applies.
        person: PersonId,
        /// The instance of their licence.
        licence: InstanceId,
        /// The language to speak to them in.
        locale: Locale,
        /// What for.
        kind: Kind,
    },
    /// Choose where the photo comes from. Possible again until it is submitted.
    ChoosePath {
        /// `camera` or `album`.
        path: Path,
    },
    /// Confirm what the record says.
    ConfirmInformation {
        /// The dossier's revision that was shown.
        revision: u64,
    },
    /// Start another liveness session after one that did not pass.
    RetryLiveness,
    /// Confirm having read how the photo must be.
    ReadNotice,
    /// Give a photo that intake accepted and bound to this instance. Possible again until it is submitted.
    OfferPhoto {
        /// The photo.
        photo: PhotoId,
        /// `camera` or `album`, as chosen.
        source: Path,
        /// The codes of the measured hints that are not met. They decide nothing.
        hints: BTreeSet<String>,
        /// When the file says that it was made.
        made_on: Option<NaiveDate>,
    },
    /// Confirm the photo as it will be.
    ConfirmPreview,
    /// Submit.
    Submit,
    /// Withdraw.
    Withdraw,
}

/// What is applied for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The electronic licence.
    FirstIssue,
}

/// What the office decides about a photo.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reviewer {
    /// The photo meets the requirements.
    Approve,
    /// It does not; the worst of the reasons decides what follows.
    Reject {
        /// Codes of the policy's reasons, at least one.
        reasons: BTreeSet<String>,
    },
    /// Somebody else should decide. Once per photo.
    SecondLook,
    /// Keep the case until then. The due time stays.
    Hold {
        /// Until when.
        until: Timestamp,
    },
    /// Take one's own decision back, while its window lasts. Needs no lease.
    Undo,
}

/// What an effect came to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Effect::LookUpRecord`].
    Record(Lookup),
    /// From the licence: admitted.
    Reserved {
        /// Failures of earlier applications that count.
        failures: u8,
    },
    /// To [`Effect::Reserve`]: not admitted.
    NotReserved(Decline),
    /// To [`Effect::StartLiveness`]: the session exists.
    LivenessStarted {
        /// Which of this application's sessions.
        session: u16,
        /// The vendor's reference of it, 1 to 256 visible ASCII characters. No secret.
        reference: String,
    },
    /// To [`Effect::StartLiveness`] or [`Effect::PollLiveness`], or from the vendor's callback, in any order.
    Liveness {
        /// Which of this application's sessions.
        session: u16,
        /// What it came to.
        result: Liveness,
    },
    /// From the licence: the document is live.
    Issued {
        /// Which order.
        order: u16,
        /// The document's version.
        version: u32,
        /// Its serial.
        serial: String,
    },
    /// From the licence, or to [`Effect::OrderIssue`]: there will be none.
    NotIssued {
        /// Which order.
        order: u16,
        /// Why.
        cause: NotIssued,
    },
}

impl From<Told> for Command {
    fn from(told: Told) -> Self {
        Command::Answer(match told {
            Told::Reserved { failures } => Answer::Reserved { failures },
            Told::Issued { order, version, serial } => Answer::Issued { order, version, serial },
            Told::NotIssued { order, cause } => Answer::NotIssued { order, cause },
        })
    }
}

/// What the register answered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lookup {
    /// The record, which the vault keeps now.
    Found {
        /// The dossier's revision of it.
        revision: u64,
        /// What the rules need of it.
        facts: RecordFacts,
    },
    /// The register knows no such licence.
    NotFound,
    /// The register's record cannot be read, and asking again will not help.
    Unreadable,
    /// The person was erased.
    Erased,
}

/// What a liveness session came to (`domain.md` 2.12).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Liveness {
    /// A living person, this similar to the reference. Under the policy's threshold it is not the person.
    Passed {
        /// 0 to 100.
        score: u8,
        /// The vendor's serial number of the comparison.
        serial: String,
    },
    /// Not the person, or not a living one. Counts as an attempt.
    NotThePerson {
        /// The vendor's serial number of the comparison.
        serial: String,
    },
    /// There is no reference photo to compare with. Final: the counter only.
    NoReference,
    /// The vendor's service failed or the session ended without a result. No attempt is spent.
    VendorFailed,
}

/// The application's deadlines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// Whoever should answer an effect has not.
    AnswerOverdue,
    /// The applicant has done nothing for some time.
    ApplicantSilent,
    /// A liveness session is over without a result.
    SessionOver,
    /// A decision can no longer be undone.
    WindowOver,
    /// A review is overdue.
    ReviewOverdue,
}

/// What an operator or a schedule may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Compute the review's due time again, under the calendar as it is now.
    RecomputeDue,
    /// End the application, because what it waits for will not come.
    Abandon,
}

/// A fact about an application.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It began; the register is asked.
    Begun {
        /// Who applies.
        person: PersonId,
        /// Whose licence instance it is.
        licence: InstanceId,
        /// Their language.
        locale: Locale,
        /// What for.
        kind: Kind,
        /// When somebody is told that the register has not answered.
        alert_at: Timestamp,
    },
    /// The register answered with a record.
    RecordFound {
        /// The dossier's revision.
        revision: u64,
        /// What the rules need of it.
        facts: RecordFacts,
    },
    /// The gate is open; the licence is asked.
    AdmissionAsked {
        /// What the document is to show.
        portrait: PortraitKind,
        /// When somebody is told that the licence has not answered.
        alert_at: Timestamp,
    },
    /// The licence admitted it.
    Admitted {
        /// Failures of earlier applications that count.
        failures: u8,
        /// Seconds of the applicant's silence before the reminder.
        remind_after: u64,
        /// Seconds of the applicant's silence before the end.
        expire_after: u64,
    },
    /// The path and its steps, as the policy had them at that moment.
    PathFixed {
        /// The path.
        path: Path,
        /// Its steps, in order.
        steps: Vec<Step>,
        /// Whether people look at the photo.
        review: bool,
    },
    /// The applicant confirmed the record.
    InformationConfirmed {
        /// At this revision of the dossier.
        revision: u64,
    },
    /// A liveness session was asked for.
    LivenessAsked {
        /// Counts the sessions, from 1.
        session: u16,
        /// When somebody is told that the vendor has not answered.
        alert_at: Timestamp,
    },
    /// The vendor made the session.
    LivenessStarted {
        /// Which.
        session: u16,
        /// The vendor's reference.
        reference: String,
        /// When it is over if there is no result.
        until: Timestamp,
    },
    /// It is the person, alive.
    LivenessPassed {
        /// Which session.
        session: u16,
        /// The similarity, 0 to 100.
        score: u8,
        /// The vendor's serial number.
        serial: String,
    },
    /// The session did not pass; the applicant may try again.
    LivenessFailed {
        /// Which session.
        session: u16,
        /// Why.
        failure: Failure,
        /// The vendor's serial number, where there was a comparison.
        serial: Option<String>,
    },
    /// The applicant read the notice.
    NoticeRead,
    /// The applicant gave a photo.
    PhotoOffered {
        /// The photo.
        photo: PhotoId,
        /// Where it comes from.
        source: Path,
        /// The codes of the measured hints that are not met.
        hints: BTreeSet<String>,
    },
    /// The applicant confirmed the preview.
    PreviewConfirmed,
    /// The applicant submitted.
    Submitted,
    /// A person has to look at the photo.
    ReviewAsked {
        /// Counts the tasks of this application, from 1.
        task: u32,
        /// When it has to be decided.
        due: Timestamp,
        /// A day on the way to `due` has no calendar yet.
        provisional: bool,
    },
    /// The due time was computed again.
    DueMoved {
        /// The new one.
        due: Timestamp,
        /// Whether it still depends on a day without a calendar.
        provisional: bool,
    },
    /// The review is overdue, and somebody is told.
    ReviewOverdue {
        /// How often so far.
        times: u32,
        /// When the next time is.
        next: Timestamp,
    },
    /// The reviewer wants somebody else to decide.
    PassedOn {
        /// By whom.
        by: String,
        /// The new task.
        task: u32,
    },
    /// The reviewer keeps the case for some time.
    Held {
        /// Who.
        by: String,
        /// Until when.
        until: Timestamp,
        /// The new task.
        task: u32,
    },
    /// A decision, which its window holds back.
    Decided {
        /// By whom.
        by: String,
        /// What.
        verdict: Verdict,
        /// When it takes effect.
        release_at: Timestamp,
    },
    /// The decision was taken back in time.
    Undone {
        /// By whom.
        by: String,
        /// The new task.
        task: u32,
        /// Until when it is kept for them.
        reserved_until: Timestamp,
    },
    /// The decision stands, and another person must decide without knowing it.
    SecondLookAsked {
        /// The new task.
        task: u32,
    },
    /// Two people disagree; a lead decides.
    LeadAsked {
        /// The new task.
        task: u32,
    },
    /// The photo is approved.
    PhotoApproved,
    /// The photo is not taken; the applicant may give another.
    PhotoRejected {
        /// The reasons' codes.
        reasons: BTreeSet<String>,
        /// How many failures are left before the counter.
        tries_left: u8,
    },
    /// The record is asked for again before the order.
    RecheckAsked {
        /// When somebody is told that the register has not answered.
        alert_at: Timestamp,
    },
    /// The record changed after it was confirmed.
    ConfirmationAsked,
    /// The document was ordered. From here on there is no withdrawal.
    IssueOrdered {
        /// Counts the orders, from 1.
        order: u16,
        /// When somebody is told that the licence has not answered.
        alert_at: Timestamp,
    },
    /// The order came back, and another try is possible.
    OrderReturned {
        /// Which.
        order: u16,
        /// Why.
        cause: NotIssued,
    },
    /// Whoever should answer has not, and somebody is told.
    AnswerStalled {
        /// How often so far.
        times: u32,
        /// When the next time is.
        next: Timestamp,
    },
    /// The applicant was reminded.
    Reminded,
    /// The end: the document exists.
    Issued {
        /// Its version.
        version: u32,
        /// Its serial.
        serial: String,
    },
    /// The end: refused.
    Refused {
        /// Why.
        refusal: Refusal,
    },
    /// The end: barred.
    Barred {
        /// The reasons' codes.
        reasons: BTreeSet<String>,
    },
    /// The end: withdrawn by the applicant.
    Withdrawn,
    /// The end: the applicant fell silent.
    Expired,
    /// The end: an operator gave it up.
    Abandoned,
    /// The licence admitted it after its end; the admission is given back.
    ReservedTooLate,
}

/// Why a liveness session did not pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Not the person, or not similar enough.
    NotThePerson,
    /// The vendor's service failed.
    Vendor,
    /// No result in time.
    Lapsed,
}

/// What a person decided about a photo.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It meets the requirements.
    Approved,
    /// It does not.
    Rejected {
        /// The reasons' codes.
        reasons: BTreeSet<String>,
        /// The worst among them, by the policy at that moment.
        severity: Severity,
    },
}

impl Verdict {
    /// Whether it bars.
    pub const fn bars(&self) -> bool {
        matches!(self, Verdict::Rejected { severity: Severity::Barred, .. })
    }

    /// Whether two people mean the same: both approve, or both reject with the same consequence.
    pub fn agrees_with(&self, other: &Verdict) -> bool {
        match (self, other) {
            (Verdict::Approved, Verdict::Approved) => true,
            (Verdict::Rejected { severity, .. }, Verdict::Rejected { severity: theirs, .. }) => {
                severity == theirs
            }
            (Verdict::Approved, Verdict::Rejected { .. }) | (Verdict::Rejected { .. }, Verdict::Approved) => {
                false
            }
        }
    }
}

/// Work for the outside world. Unordered, at least once, by the effect's key.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Ask the register for the record and store it in the vault.
    ///
    /// Answer: [`Answer::Record`].
    LookUpRecord {
        /// Whose record.
        person: PersonId,
        /// Their licence, as the directory knows it.
        licence: InstanceId,
    },
    /// Send `FromApplication::Reserve` to the licence (which may not exist yet), as `Call::actor`
    /// under `Call::command_id`.
    ///
    /// Accepted: `Done(None)`, the licence itself tells [`Answer::Reserved`]. Refused:
    /// [`Answer::NotReserved`] with `Rejection::declined`; `Retry` if that is `None`.
    Reserve {
        /// The licence.
        licence: InstanceId,
        /// Whose it is.
        person: PersonId,
        /// What the document is to show.
        portrait: PortraitKind,
    },
    /// Send `FromApplication::Release` to the licence. No answer.
    Release {
        /// The licence.
        licence: InstanceId,
        /// How the application ended.
        how: Ended,
        /// Failures to count.
        failures: u8,
    },
    /// Send `FromApplication::Bar` to the licence. No answer.
    Bar {
        /// The licence.
        licence: InstanceId,
        /// Why.
        reasons: BTreeSet<String>,
    },
    /// Send `FromApplication::Issue` to the licence.
    ///
    /// Accepted: `Done(None)`, the licence itself tells [`Answer::Issued`] or [`Answer::NotIssued`].
    /// Refused: [`Answer::NotIssued`] with `Rejection::not_issued`; `Retry` if that is `None`.
    OrderIssue {
        /// The licence.
        licence: InstanceId,
        /// Which order.
        order: u16,
        /// Whose document.
        person: PersonId,
        /// The confirmed revision of the dossier.
        revision: u64,
        /// What the document shows.
        portrait: Portrait,
        /// What the rules saw.
        facts: RecordFacts,
    },
    /// Make a session with the liveness vendor, under this effect's short key as order number.
    ///
    /// Answer: [`Answer::LivenessStarted`], or at once [`Answer::Liveness`]
    /// (`NoReference`; `VendorFailed` for a definite refusal).
    StartLiveness {
        /// Who is to be compared.
        person: PersonId,
        /// Counts this application's sessions.
        session: u16,
    },
    /// Ask the vendor for the session's result, `Later` until there is one. The vendor's callback may
    /// be faster: then this is moot.
    ///
    /// Answer: [`Answer::Liveness`].
    PollLiveness {
        /// Which session.
        session: u16,
        /// The vendor's reference.
        reference: String,
    },
    /// Tell the applicant. No answer; a person without contact or erased is `Done(None)`.
    Notify {
        /// Whom.
        person: PersonId,
        /// In which language.
        locale: Locale,
        /// What.
        notice: Notice,
    },
    /// Wake an operator. No answer.
    AlertOperator {
        /// About what.
        about: Stalled,
        /// Since when it is so.
        since: Timestamp,
        /// How often somebody was told, this time included.
        times: u32,
    },
}

/// What an applicant is told.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The licence is there.
    Issued {
        /// Its version.
        version: u32,
    },
    /// The photo was not taken; what to do is in the policy's reasons.
    PhotoRejected {
        /// The reasons' codes.
        reasons: BTreeSet<String>,
        /// How many more failures there may be.
        tries_left: u8,
    },
    /// The record changed; confirm it again.
    ConfirmAgain {
        /// The revision to confirm.
        revision: u64,
    },
    /// Refused; the text is `Refusal::text`.
    Refused {
        /// Why.
        refusal: Refusal,
    },
    /// Barred.
    Barred {
        /// The reasons' codes.
        reasons: BTreeSet<String>,
    },
    /// Something is waited for.
    Reminder {
        /// The phase.
        phase: String,
        /// When the application ends otherwise.
        expires_at: Timestamp,
    },
    /// It takes longer than usual, and that is not the applicant's fault.
    Delayed {
        /// What is waited for.
        about: Stalled,
    },
    /// Ended by silence.
    Expired,
    /// Ended by the applicant.
    Withdrawn,
    /// Ended by an operator.
    Abandoned,
}

/// What an application waits for too long.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stalled {
    /// The register.
    Register,
    /// The licence's admission.
    Admission,
    /// The liveness vendor.
    LivenessVendor,
    /// The licence's document.
    Issue,
    /// A person's decision.
    Review,
    /// The register's record cannot be read: somebody has to correct it. The application ended.
    UnreadableRecord,
}

/// Why an application refuses a command.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// The command came through another door than its own.
    #[error("the door `{actor}` does not lead to this command; send it through the door it is named after")]
    WrongDoor {
        /// The door it came through.
        actor: String,
    },
    /// Somebody else's application.
    #[error("this application belongs to another person; use one of your own")]
    NotYours,
    /// An id was computed from a name, so that guessing numbers would find it.
    #[error("ids of people and licences must be random (UUIDv7); this one was computed from a name")]
    DerivedId,
    /// Nothing has begun.
    #[error("the application has not begun; begin it first")]
    NotBegun,
    /// It began before.
    #[error("the application has begun already; go on with its present step")]
    AlreadyBegun,
    /// It is over.
    #[error("the application is over ({outcome}); begin a new one if you still want to apply")]
    Over {
        /// How it ended.
        outcome: String,
    },
    /// Another step is at hand.
    #[error("this is not possible in the step `{step}`; look at the application and do what it waits for")]
    NotNow {
        /// The present step.
        step: String,
    },
    /// The document is being made.
    #[error("the document has been ordered, so the application cannot be withdrawn any more; wait for it")]
    IssueOrdered,
    /// A serious decision is being completed.
    #[error(
        "a decision about the photo is being completed, so the application cannot be withdrawn now; wait for it"
    )]
    DecisionPending,
    /// The record that was shown is not the newest.
    #[error("the record was shown at another revision than {newest}; show it again and confirm that")]
    StaleRevision {
        /// The newest.
        newest: u64,
    },
    /// The retained path is not a choice.
    #[error("choose camera or album; the retained photo is used by itself where it meets the requirements")]
    PathNotOffered,
    /// The photo comes from elsewhere than chosen.
    #[error("the chosen path is `{chosen:?}`; give a photo from there, or choose the other path first")]
    WrongSource {
        /// The chosen one.
        chosen: Path,
    },
    /// The file is too old (`domain.md` 2.4).
    #[error("the photo was made on {made_on}, and it must not be from before {earliest}; take a new one")]
    PhotoTooOld {
        /// When it was made.
        made_on: NaiveDate,
        /// The first day that is recent enough.
        earliest: NaiveDate,
    },
    /// The policy wants to know when the file was made.
    #[error(
        "the file does not say when it was made; take the photo with the camera, or choose one that does"
    )]
    PhotoUndated,
    /// A value outside its bounds.
    #[error("{what} is out of bounds; {bounds}")]
    OutOfBounds {
        /// Which.
        what: String,
        /// What is allowed.
        bounds: String,
    },
    /// A decision without the task.
    #[error("only who holds the task decides; claim it first")]
    NotHeld,
    /// The task is another one by now.
    #[error("this task is over; get the next case")]
    TaskOver,
    /// Somebody who decided about this photo already.
    #[error("you have had a part in this case; somebody else must decide now")]
    Excluded,
    /// A rejection without reasons.
    #[error("a rejection needs at least one reason; choose from the list")]
    NoReasons,
    /// A reason that the policy does not have.
    #[error("there is no reason `{code}`; choose from the list")]
    UnknownReason {
        /// The code.
        code: String,
    },
    /// Passed on once already, or a second look as it is.
    #[error("the case was passed on already; decide it, or hold it")]
    NotPassedOnAgain,
    /// Barring takes two.
    #[error("barring takes two people and nobody else chose it here; choose a reason that does not bar")]
    BarAlone,
    /// Nothing to undo.
    #[error("there is no decision that can be undone")]
    NothingToUndo,
    /// Another person's decision.
    #[error("only who decided can undo it")]
    NotYourDecision,
    /// The window is over.
    #[error("the decision took effect at {at} and cannot be undone any more; tell a lead")]
    TooLateToUndo {
        /// When.
        at: Timestamp,
    },
}
