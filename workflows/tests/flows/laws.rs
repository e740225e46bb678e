use std::collections::BTreeSet;

use sealwright_engine::explore::Diagram;
use sealwright_engine::testing::laws;
use sealwright_workflows::{application, calendar_watch, licence, sweep};

#[test]
fn the_laws_hold_for_applications() {
    laws::hold(&application::samples());
    // What ends an application early is left out here, so that stories come to its late phases.
    let steady = application::steady_samples()
        .exempt("applicant.withdraw")
        .exempt("answer.not_reserved")
        .exempt("operator")
        .exempt("operator.abandon");
    let held = laws::hold(&steady);
    for phase in ["liveness", "photo_review", "issue", "recheck", "issued", "refused", "expired"] {
        assert!(held.phases.contains(phase), "no story came to {phase}: {:?}", held.phases);
    }
}

#[test]
fn the_laws_hold_for_licences() {
    laws::hold(&licence::samples());
    let steady = ["application.release", "application.bar", "operator.suspend", "operator.hide"]
        .into_iter()
        .chain(["operator.restore", "operator.unbar"])
        .fold(licence::steady_samples(), |samples, command| samples.exempt(command));
    let held = laws::hold(&steady);
    for phase in ["reserved", "ordered", "active", "suspended", "hidden", "invalid"] {
        assert!(held.phases.contains(phase), "no story came to {phase}: {:?}", held.phases);
    }
}

const SWEEP_PHASES: [&str; 9] =
    ["entering", "sweeping", "following", "resting", "paused", "leaving", "finished", "cancelled", "skipped"];

#[test]
fn the_laws_hold_for_sweeps() {
    let held = laws::hold(&sweep::samples());
    for phase in SWEEP_PHASES {
        assert!(held.phases.contains(phase), "no story came to {phase}: {:?}", held.phases);
    }
}

#[test]
fn the_laws_hold_for_looks_at_the_calendar() {
    let held = laws::hold(&calendar_watch::samples());
    for phase in ["covered", "missing"] {
        assert!(held.phases.contains(phase), "no story came to {phase}: {:?}", held.phases);
    }
}

#[test]
fn the_diagrams_show_every_phase() {
    let phases = |diagram: Diagram| -> BTreeSet<String> {
        diagram.nodes.iter().map(|node| node.phase.to_string()).collect()
    };
    let drawn = phases(Diagram::explore(&application::samples()));
    for phase in [
        "new",
        "record",
        "admission",
        "path",
        "information",
        "liveness",
        "notice",
        "photo",
        "preview",
        "submit",
        "photo_review",
        "recheck",
        "issue",
        "issued",
        "refused",
        "barred",
        "withdrawn",
        "expired",
        "abandoned",
    ] {
        assert!(drawn.contains(phase), "{phase} is not in the diagram: {drawn:?}");
    }
    assert!(!drawn.contains("between"), "no decision rests between two steps");
    let drawn = phases(Diagram::explore(&licence::samples()));
    for phase in ["new", "none", "reserved", "ordered", "active", "suspended", "hidden", "invalid"] {
        assert!(drawn.contains(phase), "{phase} is not in the diagram: {drawn:?}");
    }
    let drawn = phases(Diagram::explore(&sweep::samples()));
    for phase in SWEEP_PHASES {
        assert!(drawn.contains(phase), "{phase} is not in the diagram: {drawn:?}");
    }
}
