//! What was issued: from an intent, once, under one serial, and at most one of it is live.

use std::collections::{BTreeMap, BTreeSet};

use sealwright_credentials::{Verdict, verify};
use sealwright_engine::{InstanceId, Workflow};
use sealwright_workflows::licence::{Event, Licence, Standing};
use sealwright_workflows::office::Dossiers;

use super::Evidence;
use super::rows::Folded;

impl Evidence<'_> {
    /// Answers how many documents verify.
    pub(super) async fn issued(
        &self,
        licences: &[(InstanceId, Folded<Licence>)],
        findings: &mut Vec<String>,
    ) -> usize {
        let mut serials = BTreeSet::new();
        let mut orders = BTreeSet::new();
        let mut documents = 0;
        for (id, folded) in licences {
            let Licence::Known(life) = &folded.state else { continue };
            let mut intents = BTreeMap::new();
            let mut issued = BTreeSet::new();
            let mut ordered = BTreeMap::new();
            for (_, event) in &folded.events {
                match event {
                    Event::Ordered { version, application, order, .. } => {
                        ordered.insert(*version, (*application, *order));
                    }
                    Event::IntentRecorded { version, serial, digest, .. } => {
                        if intents.insert(*version, (serial.clone(), *digest)).is_some() {
                            findings.push(format!("{id}: version {version} has two intents"));
                        }
                        if !serials.insert(serial.clone()) {
                            findings.push(format!("{id}: a serial was used twice"));
                        }
                    }
                    Event::Issued { version, .. } => {
                        if !issued.insert(*version) || !intents.contains_key(version) {
                            findings
                                .push(format!("{id}: version {version} was issued twice or without intent"));
                        }
                        if !ordered.get(version).is_some_and(|order| orders.insert(*order)) {
                            findings.push(format!("{id}: version {version} has no order of its own"));
                        }
                    }
                    _ => {}
                }
            }
            let vault = Dossiers::new(self.vault.clone());
            let mut live = 0;
            for version in 1..=life.versions {
                let kept = vault.credential(life.person, *id, version).await.expect("the vault is there");
                let Some(kept) = kept else {
                    if issued.contains(&version) {
                        findings.push(format!("{id}: version {version} was issued and cannot be found"));
                    }
                    continue;
                };
                let Some((serial, digest)) = intents.get(&version) else {
                    findings.push(format!("{id}: version {version} was signed without an intent"));
                    continue;
                };
                let report = verify(kept.code.as_str(), &self.keys, self.now, None);
                let content = report.content.as_ref();
                let same = content.is_some_and(|it| it.serial.as_str() == serial && it.version == version);
                if report.verdict != Verdict::Valid || !same {
                    findings
                        .push(format!("{id}: version {version} is {} or another ({digest})", report.verdict));
                    continue;
                }
                documents += 1;
                let found = vault.licence_of(serial).await.expect("the vault is there");
                if found != Some(*id) {
                    findings.push(format!("{id}: the serial of version {version} leads to {found:?}"));
                }
                let labelled =
                    folded.state.labels().iter().any(|label| label == ("version", &version.to_string()));
                live += usize::from(labelled && life.standing() == Standing::Active);
            }
            if live > 1 || (live == 0 && life.standing() == Standing::Active) {
                findings.push(format!("{id}: {live} live documents at standing {:?}", life.standing()));
            }
        }
        documents
    }
}
