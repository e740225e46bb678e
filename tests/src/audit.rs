//! The audit: it reads the store, the vault and the diary of the world outside, and asks the engine nothing.

mod issued;
mod rows;
mod seen;

use std::sync::Arc;

use sealwright_credentials::x509::Certificate;
use sealwright_credentials::{KeyDirectory, KeySet};
use sealwright_engine::store::{EffectQuery, EffectRow, InstanceQuery, Store, Stored};
use sealwright_engine::{Timestamp, Vault, Workflow, limits};
use sealwright_workflows::application::Application;
use sealwright_workflows::licence::Licence;
use sealwright_workflows::office::dossier::Holder;

use crate::diary::Entry;
use crate::people;
use crate::story::Story;
use crate::town::{Opened, Plan, Town};
use rows::Folded;

/// What an audit looks at.
pub struct Evidence<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// The vault.
    pub vault: Arc<dyn Vault>,
    /// What was seen outside.
    pub entries: Vec<Entry>,
    /// What verifiers know.
    pub keys: KeySet,
    /// Whom verifiers of mdocs trust.
    pub roots: Vec<Certificate>,
    /// The time now, in seconds.
    pub now: i64,
}

/// What was looked at.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Instances.
    pub instances: usize,
    /// Journal rows.
    pub rows: usize,
    /// Effects.
    pub effects: usize,
    /// Documents that verify.
    pub documents: usize,
}

/// Audits a town at rest; panics with everything that does not hold.
pub async fn audit(town: &Town) -> Looked {
    Evidence::of(&town.plan, &town.opened, town.engine.now()).hold().await
}

/// Holds the end of a story against what it says about itself.
pub async fn ended_well(town: &Town, story: &Story) {
    let office = town.office();
    let mut mails = Vec::new();
    for (n, (who, end)) in story.applications.iter().zip(&story.ends).enumerate() {
        let id = crate::play::application_id(town, n);
        let view = town.engine.view::<Application>(id).await.expect("it can be read").expect("it is there");
        assert_eq!(view.phase, end.phase, "{}: application {n}", story.name);
        let holder = office.dossiers().find(&people::number(*who)).await.expect("the vault is there");
        let Holder { person, licence } = holder.expect("the applicant is known");
        let view = town.engine.view::<Licence>(licence).await.expect("it can be read");
        let label = |wanted: &str| {
            let labels = view.as_ref()?.state.labels();
            labels.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned())
        };
        let standing = label("standing");
        if standing.as_deref() == Some("active") {
            let version =
                label("version").and_then(|version| version.parse().ok()).expect("a version is live");
            let mdoc = office.dossiers().mdoc(person, licence, version).await.expect("the vault is there");
            assert!(mdoc.is_some(), "{}: licence of {n} is no mdoc", story.name);
        }
        assert_eq!(standing.as_deref(), end.standing, "{}: licence of {n}", story.name);
        mails.extend(end.mails.iter().map(|subject| (people::address(*who), (*subject).to_owned())));
    }
    let mut sent: Vec<_> =
        town.diary().mails().into_iter().map(|(_, address, subject)| (address, subject)).collect();
    sent.sort_unstable();
    mails.sort_unstable();
    assert_eq!(sent, mails, "{}: the mails", story.name);
}

impl<'a> Evidence<'a> {
    /// What is left of a town at this time.
    pub fn of(plan: &Plan, opened: &'a Opened, now: Timestamp) -> Self {
        let directory = KeyDirectory::plain(&plan.keys);
        let keys = directory.key_set().expect("the keys are there");
        let certificates = directory.certificates().expect("the certificates are there");
        Self {
            store: &*opened.store,
            vault: opened.vault.clone(),
            entries: plan.diary.entries(),
            keys,
            roots: certificates.roots().cloned().collect(),
            now: now.secs(),
        }
    }

    /// Looks at everything; panics with everything that does not hold.
    pub async fn hold(&self) -> Looked {
        let (looked, findings) = self.examine().await;
        assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
        looked
    }

    /// Looks at everything; the findings are empty if all is well.
    pub async fn examine(&self) -> (Looked, Vec<String>) {
        let (mut looked, mut findings) = (Looked::default(), Vec::new());
        let effects = self.effects().await;
        looked.effects = effects.len();
        let mut licences = Vec::new();
        let mut query = InstanceQuery { limit: limits::PAGE, ..InstanceQuery::default() };
        let mut expected = Vec::new();
        loop {
            let page = self.store.list(&query).await.expect("the store is there");
            let Some(last) = page.last() else { break };
            query.after = Some(last.id);
            for row in &page {
                let stored =
                    self.store.load(row.id).await.expect("the store is there").expect("it is listed");
                looked.instances += 1;
                looked.rows += stored.journal.len();
                match stored.row.workflow.as_str() {
                    Application::NAME => {
                        let folded = Folded::<Application>::of(&stored, &mut findings);
                        self.rows_agree(&stored, &folded, &mut findings).await;
                        expected.extend(folded.effects);
                    }
                    Licence::NAME => {
                        let folded = Folded::<Licence>::of(&stored, &mut findings);
                        self.rows_agree(&stored, &folded, &mut findings).await;
                        expected.extend(folded.effects.clone());
                        licences.push((stored.row.id, folded));
                    }
                    other => findings.push(format!("{}: unknown workflow {other}", row.id)),
                }
            }
        }
        rows::effects_agree(expected, &effects, &mut findings);
        looked.documents = self.issued(&licences, &mut findings).await;
        self.seen(&effects, &mut findings).await;
        (looked, findings)
    }

    /// Every effect.
    async fn effects(&self) -> Vec<EffectRow> {
        let mut query = EffectQuery { limit: limits::PAGE, ..EffectQuery::default() };
        let mut effects = Vec::new();
        loop {
            let page = self.store.effects(&query).await.expect("the store is there");
            let Some(last) = page.last() else { return effects };
            query.after = Some(last.key);
            effects.extend(page);
        }
    }

    /// Phase, deadline, task and labels are what the journal leads to; nothing is parked.
    async fn rows_agree<W: Workflow>(&self, stored: &Stored, folded: &Folded<W>, findings: &mut Vec<String>) {
        let id = stored.row.id;
        let labels = self.store.labels(id).await.expect("the store is there");
        let query =
            sealwright_engine::store::TaskQuery { instance: Some(id), limit: 9, ..Default::default() };
        let tasks = self.store.tasks(&query).await.expect("the store is there");
        folded.agrees(&stored.row, &labels, tasks.into_iter().map(|row| row.task).collect(), findings);
    }
}
