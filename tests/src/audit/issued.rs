//! What was issued: from an intent, once, under one serial, and at most one of it is live.

use std::collections::{BTreeMap, BTreeSet};

use sealwright_credentials::sd_jwt::{self, Request};
use sealwright_credentials::{Verdict, verify};
use sealwright_engine::{InstanceId, Workflow, journal};
use sealwright_workflows::licence::{Event, Form, Licence, Standing};
use sealwright_workflows::office::Dossiers;
use sealwright_workflows::office::dossier::Credential;

use super::Evidence;
use super::rows::Folded;
use crate::town::LICENCE_TYPE;

/// What was journaled of a version before it was signed.
struct Intent<'a> {
    serial: &'a str,
    version: u32,
    digest: journal::Digest,
    digests: &'a BTreeMap<Form, journal::Digest>,
}

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
                    Event::Ordered { version, purpose, .. } => {
                        // A renewal is an order of its own; an application's may be counted once.
                        let order =
                            purpose.application().map_or((*id, *version), |(by, order)| (by, order.into()));
                        ordered.insert(*version, order);
                    }
                    Event::IntentRecorded { version, serial, digest, digests, .. } => {
                        let intent = Intent { serial, version: *version, digest: *digest, digests };
                        if intents.insert(*version, intent).is_some() {
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
                let Some(intent) = intents.get(&version) else {
                    findings.push(format!("{id}: version {version} was signed without an intent"));
                    continue;
                };
                if let Err(why) = self.every_form(&kept, intent) {
                    findings.push(format!("{id}: version {version}: {why}"));
                    continue;
                }
                documents += 1;
                let found = vault.licence_of(intent.serial).await.expect("the vault is there");
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

    /// Every form verifies, says which document it is, and is of the bytes whose digest was journaled; there is
    /// each form that was journaled and no other.
    fn every_form(&self, kept: &Credential, intent: &Intent<'_>) -> Result<(), String> {
        let journaled = |digest: sealwright_credentials::Digest| journal::Digest(*digest.as_bytes());
        let report = verify(kept.code.as_str(), &self.keys, self.now, None);
        let content = report.content.as_ref();
        let same =
            content.is_some_and(|it| it.serial.as_str() == intent.serial && it.version == intent.version);
        if report.verdict != Verdict::Valid || !same || journaled(kept.code.signed_digest()) != intent.digest
        {
            return Err(format!("the code is {} or another ({})", report.verdict, intent.digest));
        }
        let forms = kept.sd_jwt.iter().map(|form| (Form::SdJwtVc, journaled(form.signed_digest())));
        if forms.collect::<BTreeMap<_, _>>() != *intent.digests {
            return Err(format!("the other forms are not the journaled ones ({:?})", intent.digests));
        }
        let Some(sd_jwt) = &kept.sd_jwt else { return Ok(()) };
        let request = Request { vct: LICENCE_TYPE, issuer: None, binding: None };
        let report = sd_jwt::verify(sd_jwt.as_str(), &self.keys, self.now, &request);
        let shown = report.presented.as_ref();
        let same =
            shown.is_some_and(|it| it.serial.as_str() == intent.serial && it.version == intent.version);
        if report.verdict != Verdict::Valid || !same {
            return Err(format!("the SD-JWT VC is {} or another", report.verdict));
        }
        Ok(())
    }
}
