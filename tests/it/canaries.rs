//! No personal data outside the vault: stories are played by people with canaries for names, numbers and
//! addresses, and then the database's files, what the process printed and its metrics are searched. The log of a
//! whole server is searched in the back office's own tests.

use std::path::Path;
use std::process::{Command, Output};

use sealwright_tests::files::Files;
use sealwright_tests::people::canaries;
use sealwright_tests::story;
use sealwright_tests::town::make_keys;

/// Plays with every log line there is, up to a point if one is given.
fn played(folder: &Path, keys: &Path, story: &str, point: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealwright-crasher"));
    command.args([folder.as_os_str(), keys.as_os_str(), story.as_ref()]).args(point);
    command.env("RUST_LOG", "trace").output().unwrap()
}

/// The database's files as they lie there: file, write-ahead log, shared memory.
fn on_the_disk(folder: &Path) -> Vec<(String, String)> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let ours = files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("town.db"));
    ours.map(|path| (path.display().to_string(), text(&std::fs::read(&path).unwrap()))).collect()
}

/// Byte by byte as characters, because a search in text is fast and one in bytes is not.
fn text(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn holds(place: &str, part: &[u8]) -> bool {
    place.contains(&text(part))
}

/// Answers how many places were searched for how many texts.
fn search(places: &[(String, String)], people: &[u32]) -> (usize, usize) {
    let texts: Vec<_> = people.iter().flat_map(|who| canaries(*who)).collect();
    for (place, bytes) in places {
        for text in &texts {
            assert!(!holds(bytes, text), "{:?} is in {place}", String::from_utf8_lossy(text));
        }
    }
    (places.len(), texts.len())
}

#[tokio::test]
async fn no_personal_data_is_in_files_logs_or_metrics_at_the_end_or_when_cut_in_the_middle() {
    let files = Files::new().await;
    let keys = make_keys(files.folder());
    let (mut searched, mut logs) = (0, 0);
    for story in story::all() {
        let folder = files.fresh_folder();
        // Cut in the middle, when the write-ahead log is full of fresh pages, and then finished.
        let cut = played(&folder, &keys, story.name, &["20", "after"]);
        let mut places = on_the_disk(&folder);
        let end = played(&folder, &keys, story.name, &[]);
        assert!(end.status.success(), "{}: {}", story.name, String::from_utf8_lossy(&end.stderr));
        places.extend(on_the_disk(&folder));
        for (name, output) in [("first", &cut), ("second", &end)] {
            places.push((format!("log of the {name} process"), text(&output.stderr)));
            places.push((format!("output of the {name} process"), text(&output.stdout)));
        }
        let (count, texts) = search(&places, &story.applications);
        searched += count * texts;

        // The search would have found something: each place is what it says it is.
        let all: String = places.iter().map(|(_, text)| text.as_str()).collect();
        for (what, part) in [
            ("journal", &b"\"begun\":{\"person\":"[..]),
            ("effects", b"look_up_record"),
            ("metrics", b"sealwright_transitions_total"),
        ] {
            assert!(holds(&all, part), "{}: no {what} were searched", story.name);
        }
        // A short story ends before it is cut.
        let wal = places.iter().any(|(place, bytes)| place.ends_with("-wal") && !bytes.is_empty());
        assert!(wal || cut.status.success(), "{}: no write-ahead log was searched", story.name);
        logs += usize::from(wal);
    }
    assert!(logs > 5, "{logs} write-ahead logs were searched");
    println!("{searched} searches, nothing found");
}

/// The same texts are in the vault, and only its key shows them.
#[tokio::test]
async fn what_was_searched_for_is_what_the_vault_holds() {
    use sealwright_tests::sweep::run;
    use sealwright_tests::town::{Ground, Plan};
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::new(Ground::Memory, make_keys(folder.path()));
    let (town, _) = run(&story::named("retained").unwrap(), plan).await;
    let office = town.office();
    let dossiers = office.dossiers();
    let holder = dossiers.find(&sealwright_tests::people::number(1)).await.unwrap().unwrap();
    let record = dossiers.record(holder.person, None).await.unwrap().unwrap().record;
    let json = text(&serde_json::to_vec(&record).unwrap());
    let texts = canaries(1);
    let found = texts.iter().filter(|text| holds(&json, text)).count();
    assert!(found >= 6, "number, name, address, archive number, mail, phone: {found}");
}
