//! Diagrams are complete, the same each time, and say when they are not complete.

use std::collections::BTreeSet;

use sealwright_engine::explore::{Diagram, Samples};

use crate::claim::{self, Claim};

#[test]
fn mermaid_shows_every_phase_and_what_leads_there() {
    let expected = r#"stateDiagram-v2
    state "any open state" as any_open
    [*] --> new
    new --> checking : applicant.submit
    checking --> review : answer.covered, deadline (check_overdue)
    checking --> refused : answer.not_covered
    review --> review : deadline (review_overdue)
    review --> refused : reviewer.refuse
    review --> paying : reviewer.approve
    review --> correcting : reviewer.send_back
    review --> second_look : reviewer.approve
    paying --> paying : deadline (payment_overdue)
    paying --> paid : answer.paid
    correcting --> checking : applicant.correct
    correcting --> correcting : deadline (remind)
    correcting --> expired : deadline (expire)
    second_look --> refused : reviewer.refuse
    second_look --> paying : reviewer.approve
    second_look --> correcting : reviewer.send_back
    second_look --> second_look : deadline (review_overdue)
    any_open --> withdrawn : applicant.withdraw (not from paying)
    withdrawn --> [*]
    refused --> [*]
    paid --> [*]
    expired --> [*]
"#;
    assert_eq!(Diagram::explore(&claim::samples()).to_mermaid(), expected);
}

#[test]
fn a_diagram_is_the_same_each_time_and_survives_json() {
    let diagram = Diagram::explore(&claim::samples());
    assert_eq!(Diagram::explore(&claim::samples()), diagram);
    assert!(diagram.complete);
    let json = serde_json::to_string(&diagram).unwrap();
    let read: Diagram = serde_json::from_str(&json).unwrap();
    assert_eq!(read.to_svg(), diagram.to_svg());
    assert_eq!(read, diagram);
}

#[test]
fn counters_that_look_alike_are_counted_to_their_end() {
    // After the second correction a claim cannot be sent back: seen only behind two loops.
    let by_count = told_apart();
    let diagram = Diagram::explore(&by_count);
    let ids: BTreeSet<&str> = diagram.nodes.iter().map(|node| node.id.as_str()).collect();
    assert!(ids.contains("review_corrected_2") && !ids.contains("correcting_corrected_2"), "{ids:?}");
    assert_eq!(diagram.nodes.len(), ids.len(), "ids are unique");
}

fn told_apart() -> Samples<Claim> {
    claim::samples().told_apart_by(|claim| match claim {
        Claim::Open(case, _) => format!("corrected {}", case.corrected),
        _ => String::new(),
    })
}

#[test]
fn an_exploration_that_stops_early_says_so_everywhere() {
    let diagram = Diagram::explore(&claim::samples().at_most(3));
    assert!(!diagram.complete && diagram.explored == 3 && !diagram.has_phase("paid"));
    let said = "not complete  the exploration stopped after 3 states";
    assert!(
        diagram.to_mermaid().contains(&format!("note right of new : {said}")),
        "{}",
        diagram.to_mermaid()
    );
    assert_eq!(diagram.to_svg().matches("not complete: the exploration stopped after 3 states").count(), 2);
}

#[test]
fn a_way_out_of_nearly_everywhere_is_drawn_once() {
    let diagram = Diagram::explore(&claim::samples());
    let [exit] = &diagram.exits[..] else { panic!("{:?}", diagram.exits) };
    assert_eq!((exit.to.as_deref(), exit.step.command.as_str()), (Some("withdrawn"), "applicant.withdraw"));
    assert_eq!(exit.except, ["paying"]);
    assert!(diagram.edges.iter().all(|edge| edge.step.command != "applicant.withdraw"));
}

#[test]
fn the_picture_names_every_phase_and_needs_nothing_else() {
    let diagram = Diagram::explore(&claim::samples());
    let svg = diagram.to_svg();
    for node in &diagram.nodes {
        assert!(svg.contains(&format!(">{}</text>", node.phase.replace('_', " "))), "{}", node.phase);
    }
    assert!(svg.contains("role=\"img\"") && svg.contains("<desc") && svg.contains("prefers-color-scheme"));
    assert!(["<script", "href", "url(", "<image", "NaN", "inf"].iter().all(|bad| !svg.contains(bad)));
    // Every element that opens closes.
    let opened = svg.matches('<').count() - svg.matches("</").count() - svg.matches("/>").count();
    assert_eq!(opened, svg.matches("</").count());
}

#[test]
fn a_holder_of_another_task_is_not_heard() {
    use claim::{Answer, Applicant, Reviewer};
    use sealwright_engine::Actor;
    let holding = |key: &str| {
        let samples = Samples::<Claim>::default()
            .send(Actor::Applicant("applicant".into()), Applicant::Submit { amount: 5_000 })
            .answer(Answer::Covered)
            .send(Actor::Holder { id: "ann".into(), task: key.into() }, Reviewer::Approve);
        Diagram::explore(&samples)
    };
    assert!(holding("review-0").has_phase("second_look"));
    assert!(!holding("review-1").has_phase("second_look"));
    // The first reviewer is excluded from the second look.
    let complete = |second: &str| {
        let samples = Samples::<Claim>::default()
            .send(Actor::Applicant("applicant".into()), Applicant::Submit { amount: 5_000 })
            .answer(Answer::Covered)
            .complete("ann", Reviewer::Approve)
            .complete(second, Reviewer::Approve);
        Diagram::explore(&samples)
    };
    assert!(!complete("ann").has_phase("paying") && complete("bob").has_phase("paying"));
}

#[test]
fn an_end_that_many_lead_to_is_named_beside_each_of_them() {
    let beside = |diagram: &Diagram| diagram.to_svg().matches("<tspan class=\"end\">refused</tspan>").count();
    assert_eq!(beside(&Diagram::explore(&claim::samples())), 0, "three lines are still lines");
    let many = Diagram::explore(&told_apart());
    let lead: BTreeSet<&str> =
        many.edges.iter().filter(|edge| edge.to == "refused").map(|edge| edge.from.as_str()).collect();
    assert!(lead.len() > 4);
    assert_eq!(beside(&many), lead.len());
}
