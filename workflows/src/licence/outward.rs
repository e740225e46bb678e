//! What the outside sees of a licence: phase, effects, labels.

use sealwright_engine::{Labels, Phase};

use super::messages::{Effect, Event, InvalidatedBy, NotIssued, Stalled, Told};
use super::state::{Licence, Life, Order, Stage, Standing, Turn};
use crate::notice::LicenceNotice;

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
            Event::OrderStalled { times, .. } => life.order_stalled(*times),
            Event::Issued { version, .. } => life.tell_issued(*version).into_iter().collect(),
            Event::OrderAbandoned { version: _, purpose, cause } => {
                // An order that goes on as another version has not come to nothing.
                let told = purpose.application().filter(|_| *cause != NotIssued::KeyWithdrawn);
                let tell = told.map(|(application, order)| Effect::Tell {
                    application,
                    told: Told::NotIssued { order, cause: *cause },
                });
                // A record that came with an order was never compared with the document that now stays.
                let compare = life.renewable().filter(|_| life.changed.is_none() && life.order.is_none());
                tell.into_iter().chain(compare.map(|_| life.look_up())).collect()
            }
            Event::RecordSeen { doubt, .. } => {
                let alert = life.doubt_alert().filter(|_| *doubt);
                alert.into_iter().chain(life.tell_turn(event)).collect()
            }
            Event::RecordMissing { .. } => {
                let mut effects = life.missing_alert();
                effects.extend(life.tell_turn(event));
                effects
            }
            Event::HoldSet { .. } => life.tell_turn(event).into_iter().collect(),
            // Nobody is left to be told.
            Event::Invalidated { version: _, by: InvalidatedBy::Erasure } => vec![],
            Event::Invalidated { .. } => life.tell_turn(event).into_iter().collect(),
            Event::Checked { .. } => {
                let mut effects = life.missing_alert();
                effects.push(life.look_up());
                effects
            }
            Event::Released { .. }
            | Event::Barred { .. }
            | Event::Unbarred
            | Event::SignedInVain { .. }
            | Event::RenewalAsked { .. } => vec![],
        }
    }

    pub(super) fn is_moot(&self, effect: &Effect) -> bool {
        let Licence::Known(life) = self else { return false };
        match effect {
            Effect::Tell { .. } => false,
            Effect::Prepare { version, .. } => !life.stands_at(Stalled::Preparing(*version)),
            Effect::Sign { version, .. } => !life.stands_at(Stalled::Signing(*version)),
            Effect::LookUpRecord { .. } => life.renewable().is_none(),
            Effect::Notify { person: _, notice } => !life.is_news(*notice),
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
            Stalled::StatusUnknown => self.doubt.is_some(),
        }
    }

    fn look_up(&self) -> Effect {
        let since = self.renewable().map(|document| document.revision);
        Effect::LookUpRecord { person: self.person, since }
    }

    /// Somebody is told; and a renewal, for which nobody else tries again, tries again itself: the photo may be back,
    /// or a newer record may have been stored by somebody who broke off before saying so.
    fn order_stalled(&self, times: u32) -> Vec<Effect> {
        let mut effects = self.order_alert(times);
        if let Some(Order { version, purpose, revision, portrait, stage: Stage::Preparing, .. }) = &self.order
            && purpose.application().is_none()
        {
            let (version, revision, portrait) = (*version, *revision, *portrait);
            effects.push(Effect::Prepare { version, person: self.person, revision, portrait });
            effects.push(self.look_up());
        }
        effects
    }

    fn doubt_alert(&self) -> Option<Effect> {
        self.doubt.filter(|_| self.renewable().is_some()).map(|since| Effect::AlertOperator {
            about: Stalled::StatusUnknown,
            since,
            times: 1,
        })
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

    /// Whoever applied hears of it from the application; nobody waits for a renewal.
    fn tell_issued(&self, version: u32) -> Option<Effect> {
        let document = self.document.as_ref()?;
        let Some((application, order)) = document.purpose.application() else {
            return Some(self.notify(LicenceNotice::Reissued { version }));
        };
        let serial = document.intent.serial.clone();
        Some(Effect::Tell { application, told: Told::Issued { order, version, serial } })
    }

    /// What the holder is told of, if it was this event that changed what the document is worth.
    fn tell_turn(&self, event: &Event) -> Option<Effect> {
        let (turn, stood) = self.turned.filter(|(turn, _)| Turn::of(event) == Some(*turn))?;
        let notice = match (stood, self.standing()) {
            (Standing::None, _) | (_, Standing::None) => return None,
            (_, Standing::Active) => LicenceNotice::Restored,
            (_, Standing::Suspended) => LicenceNotice::Suspended,
            (_, Standing::Hidden) => LicenceNotice::Hidden,
            (_, Standing::Invalid) => LicenceNotice::Invalidated,
        };
        (turn != Turn::Issue).then(|| self.notify(notice))
    }

    fn notify(&self, notice: LicenceNotice) -> Effect {
        Effect::Notify { person: self.person, notice }
    }

    /// Whether that is still so. Of a document that ended because its successor says less, the successor tells.
    fn is_news(&self, notice: LicenceNotice) -> bool {
        match notice {
            LicenceNotice::Suspended => self.standing() == Standing::Suspended,
            LicenceNotice::Hidden => self.standing() == Standing::Hidden,
            LicenceNotice::Restored => self.standing() == Standing::Active,
            LicenceNotice::Invalidated => self.standing() == Standing::Invalid && self.order.is_none(),
            LicenceNotice::Reissued { version } => {
                self.in_force().is_some_and(|document| document.version == version)
            }
        }
    }
}
