//! A sweep as an operator sees it.

use std::collections::BTreeMap;

use sealwright_engine::{InstanceId, Timestamp, View};
use sealwright_workflows::sweep::{Cause, Ending, Kind, Step, Sweep};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A sweep.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Swept {
    /// Its id.
    pub id: Uuid,
    /// `entering`, `sweeping`, `following`, `resting`, `paused`, `leaving`; `finished`, `cancelled` or `skipped`.
    pub phase: &'static str,
    /// Whether it is over.
    pub closed: bool,
    /// `changes` or `full`.
    #[schema(value_type = String)]
    pub kind: Kind,
    /// Whether it only counts what is not in step.
    pub dry_run: bool,
    /// The schedule it belongs to.
    pub schedule: Option<String>,
    /// Licences followed each second, at most.
    pub per_second: u32,
    /// When it began.
    #[schema(value_type = String)]
    pub started_at: Timestamp,
    /// Since when it stands where it stands.
    #[schema(value_type = String)]
    pub since: Timestamp,
    /// The slice it is at.
    pub slice: u32,
    /// Licences that were comparable when it began.
    pub known: Option<u64>,
    /// What it came to so far.
    #[schema(value_type = Object)]
    pub counts: sealwright_workflows::sweep::Counts,
    /// Known here and not in the register, once a full sweep has gone through all of it.
    pub absent: Option<u64>,
    /// How often each cause kept a licence from being followed.
    #[schema(value_type = Object)]
    pub causes: BTreeMap<Cause, u64>,
    /// The first hundred of those licences.
    #[schema(value_type = Vec<Object>)]
    pub failures: Vec<sealwright_workflows::sweep::Failure>,
    /// The sweep because of which this one was skipped.
    pub skipped_for: Option<Uuid>,
    /// The register's list goes on; the next sweep of this kind does, too.
    pub goes_on: bool,
    /// How often somebody was told that it does not go on.
    pub alerts: u32,
    /// Why it waits for an operator, if it does.
    pub parked: Option<String>,
    /// How many decisions are behind it; the ETag.
    pub version: u64,
}

/// A sweep that began; `None` before.
pub fn swept(id: InstanceId, view: View<Sweep>) -> Option<Swept> {
    let Sweep::Begun(course) = view.state else { return None };
    let skipped_for = match course.step {
        Step::Ended(Ending::Skipped { by }, _) => Some(by.0),
        _ => None,
    };
    Some(Swept {
        id: id.0,
        phase: view.phase,
        closed: view.closed,
        kind: course.kind,
        dry_run: course.dry_run,
        per_second: course.per_second,
        started_at: course.started_at,
        since: course.since,
        slice: course.slice,
        known: course.entered.as_ref().map(|(_, known)| *known),
        counts: course.counts,
        absent: course.absent(),
        skipped_for,
        goes_on: course.cut,
        alerts: course.alert.1,
        schedule: course.schedule,
        causes: course.causes,
        failures: course.failures,
        parked: view.parked,
        version: view.version,
    })
}
