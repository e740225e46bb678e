use proptest::prelude::*;

use super::super::{Doubt, Judgement, Outcome, StatusPolicy, StatusSet, StatusUnreadable};

fn judge(status: &str) -> Judgement {
    StatusPolicy::default().judge(status.parse().expect("letters"))
}

#[test]
fn the_most_severe_letter_decides() {
    use Outcome::{Hidden, Normal, Red, Void};
    let rows: &[(&str, Outcome, &str)] = &[
        ("A", Normal, "A"),
        ("AHI", Normal, "AHI"),
        ("HB", Red, "B"),
        ("BDKUMS", Red, "BDKMSU"),
        ("BDJ", Hidden, "J"),
        ("LA", Hidden, "L"),
        ("GBJ", Void, "G"),
        ("EFGR", Void, "EFGR"),
        ("NPT", Normal, "NPT"),
        ("C", Red, "C"),
        ("Z", Hidden, "Z"),
    ];
    for (status, outcome, by) in rows {
        let judged = judge(status);
        assert_eq!((judged.outcome, judged.decided_by.to_string().as_str()), (*outcome, *by), "{status}");
        assert_eq!(judged.doubt, None, "{status}");
    }
}

#[test]
fn what_nobody_explained_is_hidden_and_reported() {
    let unknown = |letters: &str| Some(Doubt::UnknownLetters(letters.parse().expect("letters")));
    assert_eq!((judge("AV").outcome, judge("AV").doubt), (Outcome::Hidden, unknown("V")));
    assert_eq!((judge("BQO").outcome, judge("BQO").doubt), (Outcome::Hidden, unknown("OQ")));
    assert_eq!((judge("GX").outcome, judge("GX").doubt), (Outcome::Void, unknown("X")));
    assert_eq!((judge("").outcome, judge("").doubt), (Outcome::Hidden, Some(Doubt::NoStatus)));
}

#[test]
fn a_configured_letter_replaces_the_default_and_the_others_stay() {
    let policy: StatusPolicy = toml::from_str("P = \"red\"\nV = \"normal\"").expect("a policy");
    let judge = |status: &str| policy.judge(status.parse().expect("letters")).outcome;
    assert_eq!((judge("P"), judge("V"), judge("J")), (Outcome::Red, Outcome::Normal, Outcome::Hidden));
    let json = serde_json::to_string(&policy).expect("JSON");
    assert_eq!(serde_json::from_str::<StatusPolicy>(&json).expect("a policy"), policy);
    assert!(toml::from_str::<StatusPolicy>("P = \"pink\"").is_err());
    assert!(toml::from_str::<StatusPolicy>("p = \"red\"").is_err());
}

#[test]
fn what_is_no_letter_is_refused_by_place_and_not_repeated() {
    for (text, place) in [("a", 1), ("A B", 2), ("AB1", 3), ("张三", 1), ("A,B", 2)] {
        assert_eq!(text.parse::<StatusSet>(), Err(StatusUnreadable { place }), "{text}");
    }
}

proptest! {
    #[test]
    fn one_more_letter_never_helps(status in "[A-Z]{1,8}", more in "[A-Z]") {
        let both = format!("{status}{more}");
        prop_assert!(judge(&both).outcome >= judge(&status).outcome);
    }

    #[test]
    fn a_set_is_the_same_after_json(status in "[A-Z]{0,30}") {
        let set: StatusSet = status.parse().expect("letters");
        let json = serde_json::to_string(&set).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<StatusSet>(&json).expect("a set"), set);
    }
}
