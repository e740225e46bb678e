//! The effects of sweeps: a slice of the register's list, gone through.

mod slice;

use sealwright_engine::{Actor, Call, InstanceId, Outcome, Performer, PersonId, Terms};

use super::alerts::{Alert, about_calendar, about_sweep};
use super::follow::{Followed, NotFollowed};
use super::ledger::Way;
use super::{Office, terms};
use crate::calendar_watch::{self, CalendarWatch};
use crate::sweep::{Answer, Cause, Command, Effect, Kind, Sweep, Tally};

type Ended = Outcome<Command>;

/// An answer, or why there is none now.
type Answered = Result<Answer, String>;

impl Performer<Sweep> for Office {
    async fn perform(&self, call: Call<Sweep>) -> Ended {
        let sweep = call.instance;
        let answer = match call.effect.clone() {
            Effect::Enter { kind, dry_run } => self.enter(kind, sweep, dry_run).await,
            Effect::Sweep { slice, kind: Kind::Changes, place, most, dry_run, asked: _ } => {
                let errand = errand(sweep, slice);
                self.sweep_changes(&call.engine, slice, place, most, dry_run, errand).await
            }
            Effect::Sweep { slice, kind: Kind::Full, place, most, dry_run, asked: _ } => {
                self.compare_digests(slice, place, most, dry_run).await
            }
            Effect::Follow { slice, people, asked: _ } => {
                self.follow_people(&call.engine, slice, people, errand(sweep, slice)).await
            }
            Effect::Leave { kind, moved } => {
                let left = self.ledger().leave(kind, sweep, moved.map(|moved| moved.to)).await;
                left.map(|()| Answer::Left).map_err(|why| why.to_string())
            }
            Effect::AlertOperator { about, since, times } => {
                let about = about_sweep(about);
                let alert = Alert { workflow: "sweep", instance: sweep, about, since, times };
                let effort = (call.attempts, call.engine.clock().now());
                return self.alert(&alert, call.key.to_string(), call.decided_at, effort).await;
            }
        };
        match answer {
            Ok(answer) => Outcome::Done(Some(Command::Answer(answer))),
            Err(why) => Outcome::Retry(why),
        }
    }

    fn terms(&self, kind: &str) -> Terms {
        terms::of_sweep(kind)
    }
}

impl Performer<CalendarWatch> for Office {
    async fn perform(&self, call: Call<CalendarWatch>) -> Outcome<calendar_watch::Command> {
        let calendar_watch::Effect::AlertOperator { year, since } = call.effect;
        let about = about_calendar(year);
        let alert = Alert { workflow: "calendar_watch", instance: call.instance, about, since, times: 1 };
        let effort = (call.attempts, call.engine.clock().now());
        self.alert(&alert, call.key.to_string(), call.decided_at, effort).await
    }

    fn terms(&self, kind: &str) -> Terms {
        terms::of_sweep(kind)
    }
}

/// Who follows on behalf of a slice. It is the same however often the slice is asked for, so that whoever repeats one
/// after a crash or a pause is told what came of it the first time.
fn errand(sweep: InstanceId, slice: u32) -> Actor {
    Actor::Operator(format!("sweep:{sweep}:{slice}"))
}

impl Office {
    async fn enter(&self, kind: Kind, sweep: InstanceId, dry_run: bool) -> Answered {
        let ledger = self.ledger();
        let way =
            if dry_run { ledger.cursor(kind).await.map(Way::Free) } else { ledger.enter(kind, sweep).await };
        match way.map_err(|why| why.to_string())? {
            Way::Held(by) => Ok(Answer::Occupied { by }),
            Way::Free(cursor) => {
                let known = ledger.count().await.map_err(|why| why.to_string())?;
                Ok(Answer::Admitted { cursor, known })
            }
        }
    }

    /// The number of somebody who is not erased.
    async fn number_of(&self, person: PersonId) -> Result<Option<crate::register::LicenceNumber>, String> {
        match self.dossiers().number(person).await {
            Ok(number) => Ok(number),
            Err(error) if error.is_erased() => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Counts what came of one licence; an error is "not now".
fn count(
    tally: &mut Tally,
    came: Result<Followed, NotFollowed>,
    licence: Option<InstanceId>,
) -> Result<(), String> {
    let counts = &mut tally.counts;
    match came {
        Ok(Followed::Unknown) => counts.unknown += 1,
        Ok(Followed::Unchanged) => counts.unchanged += 1,
        Ok(Followed::Reissued) => counts.reissued += 1,
        Ok(Followed::Suspended) => counts.suspended += 1,
        Ok(Followed::Restored) => counts.restored += 1,
        Ok(Followed::Hidden) => counts.hidden += 1,
        Ok(Followed::Invalidated) => counts.invalidated += 1,
        Ok(Followed::Noted) => counts.noted += 1,
        Err(NotFollowed::NotNow(why)) => return Err(why),
        Err(NotFollowed::Unreadable(_)) => tally.fail(Cause::Unreadable, licence),
        Err(NotFollowed::Refused(why)) => {
            tracing::warn!(licence = ?licence, why, "a licence does not take the register's record");
            tally.fail(Cause::Refused, licence);
        }
    }
    Ok(())
}
