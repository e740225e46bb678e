//! What an operator may do. The office's hold and the register's word are kept apart: neither takes back
//! the other.

use super::messages::{Event, InvalidatedBy, NotIssued, Operator, Rejection};
use super::state::{Licence, Life};
use super::{Cx, Decision};
use crate::register::Outcome;

impl Licence {
    pub(super) fn operator(&self, command: Operator, _cx: &Cx<'_>) -> Decision {
        let Licence::Known(life) = self else {
            return Err(Rejection::NoDocument);
        };
        match command {
            Operator::Suspend => Ok(life.hold(Outcome::Red)),
            Operator::Hide => Ok(life.hold(Outcome::Hidden)),
            Operator::Restore => Ok(life.hold(Outcome::Normal)),
            Operator::Invalidate => {
                let mut events = life.abandoned(NotIssued::Standing(Outcome::Void));
                events.extend(life.invalidated(InvalidatedBy::Operator));
                if events.is_empty() { Err(Rejection::NoDocument) } else { Ok(events) }
            }
            Operator::Unbar if life.barred || life.failures > 0 => Ok(vec![Event::Unbarred]),
            Operator::Unbar => Ok(vec![]),
        }
    }
}

impl Life {
    fn hold(&self, hold: Outcome) -> Vec<Event> {
        if self.hold == hold {
            return vec![];
        }
        let mut events = vec![Event::HoldSet { hold }];
        if hold > Outcome::Normal {
            events.extend(self.abandoned(NotIssued::Standing(hold)));
        }
        events
    }
}
