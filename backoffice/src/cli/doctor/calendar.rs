//! The rules, and whether the working calendar reaches far enough.

use sealwright::config::Config;
use sealwright_engine::Timestamp;

use super::Finding;

pub(super) fn examine(config: &Config, now: Timestamp) -> Vec<Finding> {
    let policy = match sealwright::serve::policy(config) {
        Ok(policy) => policy,
        Err(error) => {
            return vec![Finding::bad(
                "policy",
                format!("{error:#}"),
                "Correct the file named in the configuration.",
            )];
        }
    };
    let rules = Finding::good(
        "policy",
        format!("{} reasons, {} roll-outs", policy.reasons.len(), policy.roll_out.len()),
    );
    let today = policy.day_of(now);
    let years: Vec<_> = policy.calendar.years().map(|year| year.to_string()).collect();
    let have = format!("years {}", years.join(", "));
    let todo = |year| {
        format!(
            "Get the State Council's paper for {year} in the holiday-cn shape, name the file in policy.calendars, and give \
             it to running servers (POST /v1/policy/calendar). Due times that were counted without it are then computed again."
        )
    };
    let calendar = match policy.calendar.missing_from(today) {
        None => Finding::good("calendar", have),
        Some(year) if policy.calendar.covers(today) => {
            let detail =
                format!("{have}; {year} will be needed soon, until then due times in it are provisional");
            Finding::warning("calendar", detail, todo(year))
        }
        Some(year) => {
            let detail = format!("{have}; {year} is missing, and due times are counted Monday to Friday");
            Finding::bad("calendar", detail, todo(year))
        }
    };
    vec![rules, calendar]
}

#[cfg(test)]
mod tests {
    use super::super::Health;
    use super::*;

    #[test]
    fn next_year_is_asked_for_in_november_and_missed_in_january() {
        let health = |at: &str| {
            let findings = examine(&Config::default(), at.parse().unwrap());
            (findings[1].health, findings[1].what_to_do.clone())
        };
        assert_eq!(health("2026-10-31T04:00:00Z").0, Health::Good);
        let (november, todo) = health("2026-11-23T04:00:00Z");
        assert_eq!(november, Health::Warning);
        assert!(todo.contains("2027"), "{todo}");
        assert_eq!(health("2027-01-04T04:00:00Z").0, Health::Bad);
    }

    #[test]
    fn a_policy_that_cannot_be_used_is_bad() {
        let mut config = Config::default();
        config.policy.file = Some("no/such/policy.toml".into());
        let findings = examine(&config, Timestamp::EPOCH);
        assert_eq!((findings.len(), findings[0].health), (1, Health::Bad));
    }
}
