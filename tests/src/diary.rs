//! What was seen outside the office: by its clients, by the post, by whoever watched its performers. It
//! survives the office's crashes, in memory or in a file.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealwright_engine::{CommandId, EffectKey, InstanceId, Lease, Timestamp, Version};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A client chose an id.
    Chose {
        /// What for.
        what: String,
        /// The id.
        id: Uuid,
    },
    /// The clock was seen.
    Clock(Timestamp),
    /// A client was told that its command is durable.
    Acked {
        /// The instance.
        instance: InstanceId,
        /// The command's id.
        command: CommandId,
        /// The version it made.
        version: Version,
    },
    /// A reviewer was given a task.
    Leased(Lease),
    /// A step of a story is behind its client.
    Done(usize),
    /// An attempt at an effect began.
    Performed {
        /// The effect.
        key: EffectKey,
        /// Its kind.
        kind: String,
        /// The instance's version in the store at that moment.
        seen: Option<Version>,
    },
    /// The post took a mail.
    Mailed {
        /// Its id.
        id: String,
        /// To whom.
        address: String,
        /// About what.
        subject: String,
    },
}

/// Everything that was seen, in order. Clones are the same diary.
#[derive(Clone, Default)]
pub struct Diary(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    entries: Vec<Entry>,
    file: Option<File>,
}

impl Diary {
    /// The diary in a file, with what it says already.
    pub fn in_file(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let read = |line| serde_json::from_str(line).expect("a line is written whole or not at all");
        let entries = text.lines().map(read).collect();
        let file = File::options().create(true).append(true).open(path).expect("the diary opens");
        let pages = Pages { entries, file: Some(file) };
        Self(Arc::new(Mutex::new(pages)))
    }

    /// Writes down what was seen.
    pub fn note(&self, entry: Entry) {
        let mut pages = self.pages();
        if let Some(file) = &mut pages.file {
            let line = serde_json::to_string(&entry).expect("an entry is plain data") + "\n";
            // One call, so that an abort of the process leaves the line or nothing.
            file.write_all(line.as_bytes()).expect("the diary can be written");
        }
        pages.entries.push(entry);
    }

    /// All of it.
    pub fn entries(&self) -> Vec<Entry> {
        self.pages().entries.clone()
    }

    /// The id that was chosen for something; `choose` is asked the first time.
    pub fn chosen(&self, what: &str, choose: impl FnOnce() -> Uuid) -> Uuid {
        let known = self.pages().entries.iter().find_map(|entry| match entry {
            Entry::Chose { what: known, id } if known == what => Some(*id),
            _ => None,
        });
        known.unwrap_or_else(|| {
            let id = choose();
            self.note(Entry::Chose { what: what.to_owned(), id });
            id
        })
    }

    /// The last lease on a task of an instance, given since its holder's last finished step.
    pub fn lease(&self, instance: InstanceId, who: &str) -> Option<Lease> {
        let pages = self.pages();
        let recent = pages.entries.iter().rev().take_while(|entry| !matches!(entry, Entry::Done(_)));
        let mut leases = recent.filter_map(|entry| match entry {
            Entry::Leased(lease) => Some(lease),
            _ => None,
        });
        leases.find(|lease| lease.instance == instance && lease.holder == who).cloned()
    }

    /// How many steps of the story are behind.
    pub fn steps(&self) -> usize {
        let entries = &self.pages().entries;
        entries.iter().filter(|entry| matches!(entry, Entry::Done(_))).count()
    }

    /// The latest time seen.
    pub fn latest(&self) -> Option<Timestamp> {
        let entries = &self.pages().entries;
        let times = entries.iter().filter_map(|entry| match entry {
            Entry::Clock(at) => Some(*at),
            _ => None,
        });
        times.max()
    }

    /// The mails the post took: id, address, subject; the same id once.
    pub fn mails(&self) -> Vec<(String, String, String)> {
        let (mut mails, mut known) = (Vec::new(), HashSet::new());
        for entry in &self.pages().entries {
            if let Entry::Mailed { id, address, subject } = entry
                && known.insert(id.clone())
            {
                mails.push((id.clone(), address.clone(), subject.clone()));
            }
        }
        mails
    }

    /// Attempts at effects of a kind.
    pub fn attempts(&self, kind: &str) -> usize {
        let entries = &self.pages().entries;
        entries
            .iter()
            .filter(|entry| matches!(entry, Entry::Performed { kind: of, .. } if of == kind))
            .count()
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
