//! What an operator may do. The office's hold and the register's word are kept apart: neither takes back
//! the other.

use super::messages::{Event, InvalidatedBy, NotIssued, Operator, Rejection};
use super::state::{Licence, Life};
use super::{Cx, Decision};
use crate::register::Outcome;

impl Licence {
    pub(super) fn operator(&self, command: Operator, cx: &Cx<'_>) -> Decision {
        let Licence::Known(life) = self else {
            return Err(Rejection::NoDocument);
        };
        match command {
            Operator::Suspend => Ok(life.hold(Outcome::Red, cx)),
            Operator::Hide => Ok(life.hold(Outcome::Hidden, cx)),
            Operator::Restore => Ok(life.hold(Outcome::Normal, cx)),
            Operator::Invalidate => {
                let mut events = life.abandoned(NotIssued::Standing(Outcome::Void));
                events.extend(life.invalidated(InvalidatedBy::Operator));
                if events.is_empty() { Err(Rejection::NoDocument) } else { Ok(events) }
            }
            Operator::Reissue => life.reissue(cx),
            Operator::Unbar if life.barred || life.failures > 0 => Ok(vec![Event::Unbarred]),
            Operator::Unbar => Ok(vec![]),
        }
    }
}

impl Life {
    fn hold(&self, hold: Outcome, cx: &Cx<'_>) -> Vec<Event> {
        if self.hold == hold {
            return vec![];
        }
        let mut events = vec![Event::HoldSet { hold }];
        if hold > Outcome::Normal {
            events.extend(self.abandoned(NotIssued::Standing(hold)));
        }
        let after = self.after_all(&events, cx);
        events.extend(after.renewed(cx));
        events
    }
}
