//! What became of preparing and signing. A late answer changes nothing, unless a document was signed
//! that nobody wants any more: that is kept on record.

use super::messages::{Answer, Event, InvalidatedBy, NotIssued, PortraitKind};
use super::state::{Licence, Life, Order, Stage};
use super::{Cx, Decision};

impl Licence {
    pub(super) fn answered(&self, answer: Answer, cx: &Cx<'_>) -> Decision {
        let Licence::Known(life) = self else {
            return Ok(vec![]);
        };
        Ok(match answer {
            Answer::Prepared { version, serial, generated_at, digest, digests, content } => {
                match life.order_of(version) {
                    Some(Order { stage: Stage::Preparing, .. }) => {
                        vec![Event::IntentRecorded {
                            version,
                            serial,
                            generated_at,
                            digest,
                            digests,
                            content,
                        }]
                    }
                    Some(Order { stage: Stage::Signing(_), .. }) | None => vec![],
                }
            }
            Answer::CannotPrepare { version, cause: NotIssued::KeyWithdrawn } => {
                life.order_of(version).map_or_else(Vec::new, |order| life.ordered_again(order, cx))
            }
            // The application is told, and asks again. A renewal has nobody to tell: it stays open, wakes somebody
            // in the end, and tries again then.
            Answer::CannotPrepare { version, cause }
                if cause != NotIssued::Erased
                    && life.order_of(version).is_some_and(|order| order.purpose.application().is_none()) =>
            {
                vec![]
            }
            Answer::CannotPrepare { version, cause } => {
                let mut events = life.order_of(version).map_or_else(Vec::new, |_| life.abandoned(cause));
                if cause == NotIssued::Erased && !events.is_empty() {
                    events.extend(life.invalidated(InvalidatedBy::Erasure));
                }
                events
            }
            Answer::Signed { version } => match life.order_of(version) {
                Some(order @ Order { stage: Stage::Signing(_), .. }) => {
                    // A renewal shows the photo that was there.
                    let lock = match (order.portrait.kind(), order.purpose.application()) {
                        (PortraitKind::Reviewed, Some(_)) => Some(cx.policy.photo_lock_end(cx.now)),
                        (PortraitKind::Reviewed, None) | (PortraitKind::Retained, _) => None,
                    };
                    let check_at = cx.policy.next_look(Some(&order.facts), cx.now);
                    vec![Event::Issued { version, photo_locked_until: lock, check_at }]
                }
                Some(Order { stage: Stage::Preparing, .. }) => vec![],
                None if life.in_vain.contains(&version) => vec![Event::SignedInVain { version }],
                None => vec![],
            },
        })
    }
}

impl Life {
    fn order_of(&self, version: u32) -> Option<&Order> {
        self.order.as_ref().filter(|order| order.version == version)
    }
}
