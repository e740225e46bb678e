//! What became of the effects. An answer that comes too late changes nothing, unless it gave something:
//! an admission is given back.

use super::applicant::path_fixed;
use super::messages::{Answer, Event, Failure, Liveness, Lookup};
use super::refusal::Refusal;
use super::state::{Admission, Application, Case};
use super::waiting::{Session, Waiting};
use super::{Cx, Decision};
use crate::licence::{NotIssued, PortraitKind};
use crate::policy::Path;

/// After so many orders that came back for a newer record, the record does not come to rest.
const ORDERS_AT_MOST: u16 = 20;

/// Bytes of a vendor's reference or serial number. Longer ones are no numbers.
const REFERENCE_BYTES: usize = 256;

impl Application {
    pub(super) fn answered(&self, answer: Answer, cx: &Cx<'_>) -> Decision {
        Ok(match (answer, self) {
            (Answer::Record(lookup), Application::Open(_, Waiting::Record(_) | Waiting::Recheck(_))) => {
                self.looked_up(lookup, cx)
            }
            (Answer::Reserved { failures }, Application::Open(case, Waiting::Admission(_))) => {
                self.admitted(case, failures, cx)
            }
            (Answer::Reserved { .. }, Application::Closed(ending))
                if ending.admission == Admission::Asked =>
            {
                vec![Event::ReservedTooLate]
            }
            (Answer::NotReserved(decline), Application::Open(_, Waiting::Admission(_))) => {
                refused(Refusal::NotAdmitted(decline))
            }
            (
                Answer::LivenessStarted { session, reference },
                Application::Open(_, Waiting::Liveness(Session::Asked(asked, _))),
            ) if session == *asked => started(session, reference, cx),
            (Answer::Liveness { session, result }, Application::Open(case, Waiting::Liveness(stage)))
                if stage.awaits(session, case) =>
            {
                self.compared(case, session, result, cx)
            }
            (Answer::Issued { order, version, serial }, Application::Open(case, Waiting::Issue(_)))
                if order == case.orders =>
            {
                vec![Event::Issued { version, serial }]
            }
            (Answer::NotIssued { order, cause }, Application::Open(case, Waiting::Issue(_)))
                if order == case.orders =>
            {
                not_issued(order, cause, cx)
            }
            (
                Answer::Record(_)
                | Answer::Reserved { .. }
                | Answer::NotReserved(_)
                | Answer::LivenessStarted { .. }
                | Answer::Liveness { .. }
                | Answer::Issued { .. }
                | Answer::NotIssued { .. },
                Application::New | Application::Open(..) | Application::Closed(_),
            ) => vec![],
        })
    }

    fn looked_up(&self, lookup: Lookup, cx: &Cx<'_>) -> Vec<Event> {
        match lookup {
            Lookup::Found { revision, facts } => {
                self.carried_on(vec![Event::RecordFound { revision, facts }], cx)
            }
            Lookup::NotFound => refused(Refusal::NotFound),
            Lookup::Unreadable => refused(Refusal::UnreadableRecord),
            Lookup::Erased => refused(Refusal::Erased),
        }
    }

    fn admitted(&self, case: &Case, failures: u8, cx: &Cx<'_>) -> Vec<Event> {
        let (remind_after, expire_after) = cx.policy.silence_seconds();
        let mut events = vec![Event::Admitted { failures, remind_after, expire_after }];
        let kind = case.record.as_ref().map(|seen| case.portrait_kind(&seen.facts));
        if kind == Some(PortraitKind::Retained) {
            events.push(path_fixed(Path::Retained, cx));
        }
        self.carried_on(events, cx)
    }

    fn compared(&self, case: &Case, session: u16, result: Liveness, cx: &Cx<'_>) -> Vec<Event> {
        let failed = |failure, serial| vec![Event::LivenessFailed { session, failure, serial }];
        match result {
            Liveness::Passed { score, serial } if score > 100 || !is_reference(&serial) => {
                failed(Failure::Vendor, None)
            }
            Liveness::Passed { score, serial } if score >= cx.policy.liveness.threshold => {
                self.carried_on(vec![Event::LivenessPassed { session, score, serial }], cx)
            }
            Liveness::Passed { serial, .. } | Liveness::NotThePerson { serial } => {
                if case.mismatches.saturating_add(1) >= cx.policy.liveness.attempts {
                    return refused(Refusal::NotThePerson);
                }
                failed(Failure::NotThePerson, Some(serial).filter(|serial| is_reference(serial)))
            }
            Liveness::NoReference => refused(Refusal::NoReferencePhoto),
            Liveness::VendorFailed => failed(Failure::Vendor, None),
        }
    }
}

impl Session {
    /// Whether a result of that session still counts: its start may not have been told yet, and a result
    /// that comes after the session's time is better late than never.
    fn awaits(&self, session: u16, case: &Case) -> bool {
        match self {
            Session::Asked(asked, _) => session == *asked,
            Session::Running { session: running, .. } => session == *running,
            Session::Failed(Failure::Lapsed, _) => session == case.sessions,
            Session::Failed(Failure::NotThePerson | Failure::Vendor, _) => false,
        }
    }
}

fn started(session: u16, reference: String, cx: &Cx<'_>) -> Vec<Event> {
    if !is_reference(&reference) {
        return vec![Event::LivenessFailed { session, failure: Failure::Vendor, serial: None }];
    }
    vec![Event::LivenessStarted { session, reference, until: cx.policy.session_end(cx.now) }]
}

fn not_issued(order: u16, cause: NotIssued, cx: &Cx<'_>) -> Vec<Event> {
    match cause {
        NotIssued::NewerRevision { .. } if order < ORDERS_AT_MOST => {
            let alert_at = cx.policy.first_alert(cx.now);
            vec![Event::OrderReturned { order, cause }, Event::RecheckAsked { alert_at }]
        }
        NotIssued::Erased => refused(Refusal::Erased),
        NotIssued::NewerRevision { .. }
        | NotIssued::Standing(_)
        | NotIssued::PhotoMissing
        | NotIssued::NotAdmitted
        // Never told to an application: its order goes on.
        | NotIssued::KeyWithdrawn
        | NotIssued::Superseded => refused(Refusal::NotIssued(cause)),
    }
}

fn refused(refusal: Refusal) -> Vec<Event> {
    vec![Event::Refused { refusal }]
}

/// 1 to 256 visible ASCII characters.
fn is_reference(text: &str) -> bool {
    (1..=REFERENCE_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
