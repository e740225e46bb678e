//! Events are kept for ever: what was ever written must still read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sealwright_engine::{Timestamp, Workflow, name_of};
use sealwright_workflows::application::Application;
use sealwright_workflows::calendar_watch::CalendarWatch;
use sealwright_workflows::licence::{Event, Form, Licence};
use sealwright_workflows::sweep::Sweep;
use serde_json::Value;

fn folder<W: Workflow>(schema: u16) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    fixtures.join(W::NAME).join(format!("v{schema}"))
}

/// The names of the event's variants, as serde tells them to whoever asks for one that is not there.
fn variants<W: Workflow>() -> BTreeSet<String> {
    let error = serde_json::from_str::<W::Event>(r#"{"no such event": null}"#).expect_err("no such event");
    let text = error.to_string();
    let (_, list) = text.split_once("expected ").expect("serde lists the variants");
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn each<W: Workflow>(mut check: impl FnMut(&str, &Value, W::Event)) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for schema in 1..=W::SCHEMA {
        for entry in std::fs::read_dir(folder::<W>(schema)).expect("a folder for each schema") {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("text");
            let stored: Value = serde_json::from_str(&text).expect("JSON");
            let lifted = (schema..W::SCHEMA).fold(stored.clone(), |event, from| W::upcast(from, event));
            let event: W::Event = serde_json::from_value(lifted.clone())
                .unwrap_or_else(|error| panic!("{} does not read any more: {error}", path.display()));
            // Every field that was ever written is still there, and a new one has a step of `upcast`.
            assert_eq!(serde_json::to_value(&event).expect("JSON"), lifted, "{}", path.display());
            check(&name, &stored, event);
            names.insert(name);
        }
    }
    names
}

fn every_event_has_a_fixture_that_reads<W: Workflow>() {
    let names = each::<W>(|name, _, event| {
        assert_eq!(name_of(&event).outer, name, "{}: a fixture of another event", W::NAME);
        // Whatever comes first, folding does not stop.
        let _ = W::default().evolve(&event, Timestamp::EPOCH);
    });
    let missing: Vec<String> = variants::<W>().difference(&names).cloned().collect();
    assert!(missing.is_empty(), "{}: no fixture for {missing:?}; write one and never edit it", W::NAME);
}

#[test]
fn every_event_of_an_application_has_a_fixture_that_reads() {
    every_event_has_a_fixture_that_reads::<Application>();
}

#[test]
fn every_event_of_a_licence_has_a_fixture_that_reads() {
    every_event_has_a_fixture_that_reads::<Licence>();
}

#[test]
fn every_event_of_a_sweep_has_a_fixture_that_reads() {
    every_event_has_a_fixture_that_reads::<Sweep>();
}

#[test]
fn every_event_of_a_look_at_the_calendar_has_a_fixture_that_reads() {
    every_event_has_a_fixture_that_reads::<CalendarWatch>();
}

/// What was journaled before there was another form than the code asks for no other, and is signed as it was.
#[test]
fn an_intent_has_the_forms_of_its_schema_and_no_other() {
    for (schema, forms) in [(1, vec![]), (2, vec![Form::SdJwtVc]), (3, vec![Form::SdJwtVc, Form::Mdoc])] {
        let text = std::fs::read_to_string(folder::<Licence>(schema).join("intent_recorded.json"));
        let stored: Value = serde_json::from_str(&text.expect("text")).expect("JSON");
        let lifted = (schema..Licence::SCHEMA).fold(stored, |event, from| Licence::upcast(from, event));
        match serde_json::from_value(lifted).expect("an event") {
            Event::IntentRecorded { digests, .. } => assert!(digests.into_keys().eq(forms)),
            other => panic!("{other:?}"),
        }
    }
}

/// The names of fields may speak of people only by references.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                found.insert(key.clone());
                keys(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn no_event_has_a_field_for_personal_data() {
    let mut fields = BTreeSet::new();
    each::<Application>(|_, stored, _| keys(stored, &mut fields));
    each::<Licence>(|_, stored, _| keys(stored, &mut fields));
    each::<Sweep>(|_, stored, _| keys(stored, &mut fields));
    each::<CalendarWatch>(|_, stored, _| keys(stored, &mut fields));
    for personal in [
        "name",
        "number",
        "licence_number",
        "id_number",
        "birth_date",
        "address",
        "email",
        "phone",
        "contact",
        "contacts",
        "nationality",
        "sex",
        "remarks",
        "archive_no",
        "note",
        "text",
    ] {
        assert!(!fields.contains(personal), "{personal} stands in an event: {fields:?}");
    }
}
