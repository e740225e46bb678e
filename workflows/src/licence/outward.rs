//! What the outside sees of a licence: phase, effects, labels.

use sealwright_engine::{Labels, Phase};

use super::messages::{Effect, Event, Stalled, Told};
use super::state::{Licence, Life, Order, Stage, Standing};

impl Licence {
    pub(super) fn phase_now(&self) -> Phase {
        let Licence::Known(life) = self else {
            return Phase::Open("new");
        };
        match (&life.order, life.standing(), &life.admission) {
            (Some(_), ..) => Phase::Open("ordered"),
            (None, Standing::Active, _) => Phase::Open("active"),
            (None, Standing::Suspended, _) => Phase::Open("suspended"),
            (None, Standing::Hidden, _) => Phase::Open("hidden"),
            (None, Standing::None | Standing::Invalid, Some(_)) => Phase::Open("reserved"),
            (None, Standing::None, None) => Phase::Closed("none"),
            (None, Standing::Invalid, None) => Phase::Closed("invalid"),
        }
    }

    /// `version` is the only one that may be live; `standing` says whether it is.
    pub(super) fn labels_now(&self) -> Labels {
        let Licence::Known(life) = self else {
            return Labels::none();
        };
        Labels::none()
            .with_some("version", life.document.as_ref().map(|document| document.version))
            .with("standing", life.standing().as_str())
    }

    pub(super) fn reaction(&self, event: &Event) -> Vec<Effect> {
        let Licence::Known(life) = self else { return vec![] };
        match event {
            Event::Reserved { application, .. } => {
                let told = Told::Reserved { failures: life.failures };
                vec![Effect::Tell { application: *application, told }]
            }
            Event::AdmissionStalled { times, .. } => life.admission_alert(*times),
            Event::Ordered { version, revision, portrait, .. } => vec![Effect::Prepare {
                version: *version,
                person: life.person,
                revision: *revision,
                portrait: *portrait,
            }],
            Event::IntentRecorded { version, serial, generated_at: _, digest, digests, content } => {
                vec![Effect::Sign {
                    version: *version,
                    person: life.person,
                    serial: serial.clone(),
                    digest: *digest,
                    digests: digests.clone(),
                    content: content.clone(),
                }]
            }
            Event::OrderStalled { times, .. } => life.order_alert(*times),
            Event::Issued { version, .. } => life.tell_issued(*version),
            Event::OrderAbandoned { version: _, application, order, cause } => {
                let told = Told::NotIssued { order: *order, cause: *cause };
                vec![Effect::Tell { application: *application, told }]
            }
            Event::RecordMissing { .. } => life.missing_alert(),
            Event::Checked { .. } => {
                let mut effects = life.missing_alert();
                effects.push(Effect::LookUpRecord { person: life.person });
                effects
            }
            Event::Released { .. }
            | Event::Barred { .. }
            | Event::Unbarred
            | Event::SignedInVain { .. }
            | Event::RecordSeen { .. }
            | Event::HoldSet { .. }
            | Event::Invalidated { .. } => vec![],
        }
    }

    pub(super) fn is_moot(&self, effect: &Effect) -> bool {
        let Licence::Known(life) = self else { return false };
        match effect {
            Effect::Tell { .. } => false,
            Effect::Prepare { version, .. } => !life.stands_at(Stalled::Preparing(*version)),
            Effect::Sign { version, .. } => !life.stands_at(Stalled::Signing(*version)),
            Effect::LookUpRecord { .. } => life.in_force().is_none(),
            Effect::AlertOperator { about, .. } => !life.stands_at(*about),
        }
    }
}

impl Life {
    /// Whether that is still waited for.
    fn stands_at(&self, about: Stalled) -> bool {
        match about {
            Stalled::Preparing(version) => matches!(&self.order,
                Some(Order { version: open, stage: Stage::Preparing, .. }) if *open == version),
            Stalled::Signing(version) => matches!(&self.order,
                Some(Order { version: open, stage: Stage::Signing(_), .. }) if *open == version),
            Stalled::Admission(application) => {
                self.admission.as_ref().is_some_and(|admission| admission.application == application)
            }
            Stalled::RecordMissing => self.missing.is_some(),
        }
    }

    fn order_alert(&self, times: u32) -> Vec<Effect> {
        let alert = self.order.as_ref().map(|order| Effect::AlertOperator {
            about: match order.stage {
                Stage::Preparing => Stalled::Preparing(order.version),
                Stage::Signing(_) => Stalled::Signing(order.version),
            },
            since: order.since,
            times,
        });
        alert.into_iter().collect()
    }

    fn admission_alert(&self, times: u32) -> Vec<Effect> {
        let alert = self.admission.as_ref().map(|admission| Effect::AlertOperator {
            about: Stalled::Admission(admission.application),
            since: admission.since,
            times,
        });
        alert.into_iter().collect()
    }

    fn missing_alert(&self) -> Vec<Effect> {
        // Only a document that people may see is worth waking somebody for.
        let missing = self.missing.filter(|_| self.in_force().is_some());
        let about = Stalled::RecordMissing;
        let alert = missing.map(|(since, times)| Effect::AlertOperator { about, since, times });
        alert.into_iter().collect()
    }

    fn tell_issued(&self, version: u32) -> Vec<Effect> {
        let tell = self.document.as_ref().map(|document| Effect::Tell {
            application: document.ordered_by.0,
            told: Told::Issued {
                order: document.ordered_by.1,
                version,
                serial: document.intent.serial.clone(),
            },
        });
        tell.into_iter().collect()
    }
}
