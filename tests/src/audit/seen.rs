//! What the world outside saw, held against the store.

use std::collections::{BTreeMap, BTreeSet};

use sealwright_engine::EffectKey;
use sealwright_engine::store::EffectRow;

use super::Evidence;
use crate::diary::Entry;

impl Evidence<'_> {
    /// Acknowledged is durable; performed is decided before; every mail is an effect's, and one an effect.
    pub(super) async fn seen(&self, effects: &[EffectRow], findings: &mut Vec<String>) {
        let rows: BTreeMap<EffectKey, &EffectRow> = effects.iter().map(|row| (row.key, row)).collect();
        let mut performed = BTreeSet::new();
        let mut mails: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        for entry in &self.entries {
            match entry {
                Entry::Performed { key, kind, seen } => {
                    performed.insert(*key);
                    if seen.is_some_and(|seen| seen < key.version) {
                        findings.push(format!("effect {key} ({kind}) was performed before its event"));
                    }
                    if !rows.contains_key(key) {
                        findings.push(format!("effect {key} ({kind}) was performed and never decided"));
                    }
                }
                Entry::Mailed { id, address, subject } => {
                    let known = mails.insert(id, (address, subject));
                    if known.is_some_and(|known| known != (address, subject)) {
                        findings.push(format!("two mails have the id {id}"));
                    }
                    let wanted = id.parse().ok().and_then(|key: EffectKey| rows.get(&key).copied());
                    if !wanted.is_some_and(|row| matches!(row.kind.as_str(), "notify" | "alert_operator")) {
                        findings.push(format!("nobody asked for the mail {id} ({subject})"));
                    }
                }
                Entry::Acked { instance, command, version } => {
                    let stored = self.store.load(*instance).await.expect("the store is there");
                    let journal = stored.map(|stored| stored.journal).unwrap_or_default();
                    if !journal.iter().any(|row| row.command_id == *command && row.version == *version) {
                        findings
                            .push(format!("{instance}: {command} was acknowledged at {version} and is lost"));
                    }
                }
                Entry::Chose { .. } | Entry::Clock(_) | Entry::Leased(_) | Entry::Done(_) => {}
            }
        }
        for row in effects {
            let settled_unseen = !performed.contains(&row.key) && row.note.as_deref() != Some("moot");
            if settled_unseen {
                let (key, kind, note) = (row.key, &row.kind, &row.note);
                findings.push(format!("effect {key} ({kind}) is settled ({note:?}) and was never performed"));
            }
        }
    }
}
