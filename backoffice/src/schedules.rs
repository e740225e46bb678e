//! What recurs: the policy's schedules, as the engine's.

use anyhow::Context as _;
use sealwright_engine::{Builder, Misfire, Schedule};
use sealwright_workflows::calendar_watch::{self, CalendarWatch};
use sealwright_workflows::policy::{Missed, Policy, ScheduleRule};
use sealwright_workflows::sweep::{Command, Start, Sweep};

/// A rule as the engine knows it.
///
/// # Errors
/// The expression cannot be read, or never comes.
pub fn schedule(rule: &ScheduleRule, policy: &Policy) -> anyhow::Result<Schedule> {
    let zone = rule.zone.unwrap_or(policy.zone);
    let misfire = match rule.misfire {
        Missed::Skip => Misfire::Skip,
        Missed::Once => Misfire::Once,
        Missed::All => Misfire::All,
    };
    Schedule::new(&rule.name, &rule.cron, zone.name(), misfire).context("the policy cannot be used")
}

/// The sweep that a rule begins, if it begins one.
pub fn sweep_of(rule: &ScheduleRule) -> Option<Start> {
    let kind = rule.kind.sweep()?;
    let (per_second, schedule) = (rule.per_second, Some(rule.name.clone()));
    Some(Start { kind, per_second, dry_run: false, anew: false, schedule })
}

/// Has the engine fire every schedule of the policy.
///
/// # Errors
/// One of them cannot be read, or never comes.
pub fn plan(mut builder: Builder, policy: &Policy) -> anyhow::Result<Builder> {
    for rule in &policy.schedule {
        let schedule = schedule(rule, policy)?;
        builder = match sweep_of(rule) {
            Some(start) => builder.schedule::<Sweep>(schedule, move |_| Command::Start(start.clone())),
            None => builder.schedule::<CalendarWatch>(schedule, |_| calendar_watch::Command::Look),
        };
    }
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_schedules_can_be_read() {
        let policy = Policy::default();
        let names: Vec<_> = policy.schedule.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(names, ["changes", "full", "calendar"]);
        for rule in &policy.schedule {
            schedule(rule, &policy).unwrap();
        }
    }

    #[test]
    fn a_schedule_that_cannot_be_read_or_never_comes_stops_the_start() {
        for (cron, word) in [("every day", "no cron expression"), ("0 0 0 30 2 *", "never comes")] {
            let toml = format!("[[schedule]]\nname = \"x\"\ncron = \"{cron}\"\nkind = \"full\"\n");
            let policy = Policy::from_toml(&toml).unwrap();
            let why = format!("{:#}", schedule(&policy.schedule[0], &policy).unwrap_err());
            assert!(why.contains(word) && why.contains("`x`"), "{why}");
        }
    }
}
