//! What each event makes of a licence.

use std::collections::{BTreeSet, VecDeque};

use sealwright_engine::{PersonId, Timestamp};

use super::messages::Event;
use super::state::*;
use crate::register::Outcome;

/// More than a policy can ask for.
const ADMISSIONS_KEPT: usize = 100;

impl Life {
    fn of(person: PersonId) -> Self {
        Self {
            person,
            admission: None,
            order: None,
            document: None,
            versions: 0,
            in_vain: BTreeSet::new(),
            turned: None,
            hold: Outcome::Normal,
            record: Outcome::Normal,
            missing: None,
            revision: 0,
            facts: None,
            changed: Some(BTreeSet::new()),
            doubt: None,
            renewal: None,
            barred: false,
            photo_locked_until: None,
            failures: 0,
            admitted: VecDeque::new(),
        }
    }

    pub(super) fn evolve(&mut self, event: &Event, at: Timestamp) {
        let stood = self.standing();
        self.take(event, at);
        match Turn::of(event) {
            Some(turn) if self.standing() != stood => self.turned = Some((turn, stood)),
            // An end that the register's word had said already.
            None | Some(Turn::End) => {}
            Some(Turn::Register | Turn::Hold | Turn::Issue) => self.turned = None,
        }
    }

    fn take(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::Reserved { application, person: _, portrait, alert_at } => {
                self.admission = Some(Admission {
                    application: *application,
                    portrait: *portrait,
                    since: at,
                    alert: (*alert_at, 0),
                });
                self.admitted.push_back(at);
                if self.admitted.len() > ADMISSIONS_KEPT {
                    self.admitted.pop_front();
                }
            }
            Event::Released { application: _, how: _, failures } => {
                self.admission = None;
                self.failures = self.failures.saturating_add(*failures);
            }
            Event::Barred { .. } => {
                self.admission = None;
                self.barred = true;
            }
            Event::Unbarred => {
                self.barred = false;
                self.failures = 0;
            }
            Event::AdmissionStalled { times, next } => {
                if let Some(admission) = &mut self.admission {
                    admission.alert = (*next, *times);
                }
            }
            Event::Ordered { version, purpose, revision, portrait, facts, alert_at } => {
                self.versions = *version;
                self.order = Some(Order {
                    version: *version,
                    purpose: purpose.clone(),
                    revision: *revision,
                    portrait: *portrait,
                    facts: facts.clone(),
                    stage: Stage::Preparing,
                    since: at,
                    alert: (*alert_at, 0),
                });
            }
            Event::IntentRecorded { version: _, serial, generated_at, digest, digests, content } => {
                if let Some(order) = &mut self.order {
                    order.stage = Stage::Signing(Intent {
                        serial: serial.clone(),
                        generated_at: *generated_at,
                        digest: *digest,
                        digests: digests.clone(),
                        content: content.clone(),
                    });
                }
            }
            Event::OrderStalled { version: _, times, next } => {
                if let Some(order) = &mut self.order {
                    order.alert = (*next, *times);
                }
            }
            Event::Issued { version, photo_locked_until, check_at } => {
                if let Some(Order {
                    stage: Stage::Signing(intent), purpose, revision, portrait, facts, ..
                }) = self.order.take()
                {
                    if purpose.application().is_some() {
                        self.admission = None;
                        self.failures = 0;
                    }
                    self.renewal = None;
                    self.changed = (revision == self.revision).then(BTreeSet::new);
                    self.document = Some(Document {
                        version: *version,
                        intent,
                        purpose,
                        revision,
                        portrait,
                        facts,
                        check_at: *check_at,
                        ended: None,
                    });
                }
                self.photo_locked_until = (*photo_locked_until).or(self.photo_locked_until);
            }
            Event::OrderAbandoned { version, .. } => {
                if let Some(Order { stage: Stage::Signing(_), .. }) = self.order.take() {
                    self.in_vain.insert(*version);
                }
            }
            Event::SignedInVain { version } => {
                self.in_vain.remove(version);
            }
            Event::RecordSeen { revision, outcome, facts, changed, doubt } => {
                self.revision = *revision;
                self.record = *outcome;
                self.facts.clone_from(facts);
                self.changed.clone_from(changed);
                self.doubt = doubt.then(|| self.doubt.unwrap_or(at));
                self.missing = None;
            }
            Event::RenewalAsked { purpose } => self.renewal = Some(purpose.clone()),
            Event::RecordMissing { recheck_at } => {
                self.missing = Some((at, 1));
                if let Some(document) = &mut self.document {
                    document.check_at = *recheck_at;
                }
            }
            Event::HoldSet { hold } => self.hold = *hold,
            Event::Invalidated { version: _, by } => {
                if let Some(document) = &mut self.document {
                    document.ended = Some(*by);
                }
            }
            Event::Checked { next } => {
                self.missing = self.missing.map(|(since, times)| (since, times.saturating_add(1)));
                if let Some(document) = &mut self.document {
                    document.check_at = *next;
                }
            }
        }
    }
}

impl Licence {
    /// The state after an event. Only an admission makes a licence known.
    pub(super) fn after(self, event: &Event, at: Timestamp) -> Self {
        let mut life = match (self, event) {
            (Licence::Known(life), _) => life,
            (Licence::New, Event::Reserved { person, .. }) => Box::new(Life::of(*person)),
            (Licence::New, _) => return Licence::New,
        };
        life.evolve(event, at);
        Licence::Known(life)
    }
}
