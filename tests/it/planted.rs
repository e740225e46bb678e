//! Faults planted in what is left of a story: the audit finds each. An audit that finds nothing proves nothing
//! until this holds.

use rusqlite::Connection;
use sealwright_engine::{CommandId, EffectKey, InstanceId, Timestamp};
use sealwright_tests::audit::Evidence;
use sealwright_tests::diary::Entry;
use sealwright_tests::files::Files;
use sealwright_tests::people;
use sealwright_tests::story;
use sealwright_tests::sweep::run;
use sealwright_tests::town::{Ground, Plan, Town, make_keys};
use sealwright_workflows::office::Dossiers;

async fn played(files: &Files) -> (Town, std::path::PathBuf) {
    let Ground::Sqlite(path) = files.fresh() else { unreachable!() };
    let plan = Plan::new(Ground::Sqlite(path.clone()), make_keys(files.folder()));
    let (town, _) = run(&story::named("retained").unwrap(), plan).await;
    (town, path)
}

async fn findings(town: &Town) -> Vec<String> {
    Evidence::of(&town.plan, &town.opened, town.engine.now()).examine().await.1
}

#[tokio::test]
async fn every_fault_planted_in_the_rows_is_found() {
    let faults = [
        (
            "UPDATE journal SET body = replace(body, 'information_confirmed', 'Information_confirmed') WHERE version = 4",
            "cannot be read",
        ),
        (
            "UPDATE journal SET body = replace(body, '\"points\":3', '\"points\":2') WHERE version = 2",
            "altered",
        ),
        ("UPDATE journal SET command_id = 'c:other' WHERE command_id = 'c:step-2'", "columns contradict"),
        ("DELETE FROM journal WHERE version = (SELECT max(version) FROM journal)", "rows at version"),
        ("DELETE FROM journal WHERE version = 2", "expected version 2"),
        ("UPDATE instance SET phase = 'submit' WHERE workflow = 'application'", "the journal issued"),
        ("UPDATE instance SET closed = 1 WHERE workflow = 'licence'", "the row says active"),
        ("UPDATE instance SET wake_at = NULL WHERE workflow = 'licence'", "the row wakes at None"),
        ("UPDATE instance SET parked = 'why not' WHERE workflow = 'licence'", "is parked: why not"),
        ("UPDATE label SET value = '2' WHERE name = 'version'", "the labels are"),
        ("DELETE FROM label WHERE name = 'standing'", "the labels are"),
        ("DELETE FROM effect WHERE kind = 'tell'", "has an event and no row"),
        ("UPDATE effect SET state = 0 WHERE kind = 'notify'", "is Due"),
        (
            "UPDATE effect SET body = replace(body, 'issued', 'expired') WHERE kind = 'notify'",
            "should be notify",
        ),
        ("UPDATE effect SET n = 7 WHERE kind = 'sign'", "has no event"),
        ("DELETE FROM record WHERE field LIKE 'credential.%'", "was issued and cannot be found"),
        ("DELETE FROM directory", "leads to None"),
    ];
    let files = Files::new().await;
    for (fault, word) in faults {
        let (town, path) = played(&files).await;
        assert_eq!(findings(&town).await, Vec::<String>::new());
        let planted = Connection::open(path).unwrap().execute(fault, []).unwrap();
        assert!(planted > 0, "{fault}: nothing was planted");
        let found = findings(&town).await;
        assert!(found.iter().any(|finding| finding.contains(word)), "{fault}: {found:?}");
    }
}

#[tokio::test]
async fn every_fault_planted_in_a_form_of_a_document_is_found() {
    let files = Files::new().await;
    let (town, _) = played(&files).await;
    let who = story::named("retained").unwrap().applications[0];
    let (dossiers, vault) = (Dossiers::new(town.opened.vault.clone()), &town.opened.vault);
    let holder = dossiers.find(&people::number(who)).await.unwrap().expect("the applicant is known");
    let document =
        dossiers.credential(holder.person, holder.licence, 1).await.unwrap().expect("it was issued");
    let honest = serde_json::to_value(&document).unwrap();
    let text = honest["sd_jwt"].as_str().expect("in every form");
    let (signed, rest) = text.split_once('~').expect("it has disclosures");
    let (message, signature) = signed.rsplit_once('.').expect("it is signed");
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{message}.{other}{}~{rest}", &signature[1..]);
    for (sd_jwt, word) in [(None, "not the journaled ones"), (Some(forged), "the SD-JWT VC is INVALID")] {
        let mut planted = honest.clone();
        match sd_jwt {
            Some(text) => planted["sd_jwt"] = text.into(),
            None => drop(planted.as_object_mut().unwrap().remove("sd_jwt")),
        }
        let field = format!("credential.{}.1", holder.licence);
        vault.put(holder.person, &field, &serde_json::to_vec(&planted).unwrap()).await.unwrap();
        let found = findings(&town).await;
        assert!(found.iter().any(|finding| finding.contains(word)), "{word}: {found:?}");
    }
}

#[tokio::test]
async fn every_fault_planted_in_what_was_seen_is_found() {
    let files = Files::new().await;
    let (town, _) = played(&files).await;
    let entries = town.diary().entries();
    let acked = |entry: &&Entry| matches!(entry, Entry::Acked { .. });
    let Some(Entry::Acked { instance, command, version }) = entries.iter().find(acked).cloned() else {
        panic!()
    };
    let performed = entries.iter().find_map(|entry| match entry {
        Entry::Performed { key, kind, .. } if kind == "sign" => Some(*key),
        _ => None,
    });
    let sign = performed.unwrap();
    let (id, address, subject) = town.diary().mails().remove(0);
    let stranger = InstanceId::new(Timestamp::EPOCH);
    let lost = CommandId::client("lost").unwrap();
    let seen = |seen| Entry::Performed { key: sign, kind: "sign".into(), seen: Some(seen) };
    let phantom = Entry::Performed {
        key: EffectKey { instance: stranger, version: 1, n: 0 },
        kind: "sign".into(),
        seen: Some(1),
    };
    let faults = [
        (Entry::Acked { instance, command: lost, version }, "and is lost"),
        (Entry::Acked { instance, command: command.clone(), version: version + 1 }, "and is lost"),
        (Entry::Acked { instance: stranger, command, version }, "and is lost"),
        (seen(sign.version - 1), "before its event"),
        (phantom, "never decided"),
        (Entry::Mailed { id, address: address.clone(), subject: "Another".into() }, "two mails have the id"),
        (Entry::Mailed { id: sign.to_string(), address, subject }, "nobody asked for the mail"),
    ];
    for (fault, word) in faults {
        let mut evidence = Evidence::of(&town.plan, &town.opened, town.engine.now());
        evidence.entries.push(fault.clone());
        let (_, found) = evidence.examine().await;
        assert!(found.iter().any(|finding| finding.contains(word)), "{fault:?}: {found:?}");
    }
    let mut evidence = Evidence::of(&town.plan, &town.opened, town.engine.now());
    evidence.entries.retain(|entry| !matches!(entry, Entry::Performed { kind, .. } if kind == "tell"));
    let (_, found) = evidence.examine().await;
    assert!(found.iter().any(|finding| finding.contains("was never performed")), "{found:?}");
}
