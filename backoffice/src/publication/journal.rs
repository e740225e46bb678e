//! What the journal says of credentials.

use std::collections::{BTreeMap, BTreeSet};

use sealwright_credentials::log::{Entry, Kind};
use sealwright_credentials::{Digest, Serial};
use sealwright_engine::journal::{Body, Row};
use sealwright_engine::store::Position;
use sealwright_engine::{InstanceId, Workflow as _};
use sealwright_storage::publication::{Advance, Binding};
use sealwright_workflows::licence::{Event, Form, Licence};

use super::{NotPublished, Publisher};

/// A stretch of the journal, as far as it is about licences.
pub(super) struct Stretch {
    pub(super) by: Advance,
    /// The versions that were abandoned, per licence that decided anything.
    pub(super) licences: BTreeMap<InstanceId, BTreeSet<u32>>,
    /// What was prepared to be signed.
    pub(super) prepared: Vec<Binding>,
    pub(super) entries: Vec<Entry>,
    /// When the first of these decisions was taken, in Unix seconds.
    pub(super) since: Option<i64>,
}

impl Publisher {
    /// The rows behind `after`; `None` if there are none yet.
    pub(super) async fn stretch(&self, after: Position) -> Result<Option<Stretch>, NotPublished> {
        let rows = self.store.feed(after, sealwright_engine::limits::PAGE).await?;
        let Some((to, _)) = rows.last() else { return Ok(None) };
        let mut stretch = Stretch {
            by: Advance { from: after, to: *to },
            licences: BTreeMap::new(),
            prepared: Vec::new(),
            entries: Vec::new(),
            since: None,
        };
        for (_, row) in &rows {
            stretch.read(row)?;
        }
        Ok(Some(stretch))
    }
}

impl Stretch {
    fn read(&mut self, row: &Row) -> Result<(), NotPublished> {
        let body: Body = serde_json::from_str(&row.body)?;
        if body.workflow != Licence::NAME {
            return Ok(());
        }
        let at = body.at.secs();
        self.since = Some(self.since.map_or(at, |since| since.min(at)));
        let abandoned = self.licences.entry(row.instance).or_default();
        for event in body.events::<Licence>()? {
            match event {
                Event::IntentRecorded { version, serial, generated_at, digest, digests, content: _ } => {
                    let forms = digests.into_iter().map(|(form, digest)| (kind_of(form), digest));
                    let signed_at = generated_at.secs();
                    self.entries.extend([(Kind::Code, digest)].into_iter().chain(forms).map(
                        |(kind, digest)| Entry { kind, signed_at, signed: Digest::from_bytes(digest.0) },
                    ));
                    match serial.parse::<Serial>() {
                        Ok(serial) => self.prepared.push(Binding { serial, holder: row.instance, version }),
                        // It is in the log; no list can say anything of it, as no credential can refer to one.
                        Err(error) => {
                            tracing::error!(licence = %row.instance.0, version, %error, "no serial")
                        }
                    }
                }
                Event::OrderAbandoned { version, .. } => {
                    abandoned.insert(version);
                }
                Event::Reserved { .. }
                | Event::Released { .. }
                | Event::Barred { .. }
                | Event::Unbarred
                | Event::AdmissionStalled { .. }
                | Event::Ordered { .. }
                | Event::OrderStalled { .. }
                | Event::Issued { .. }
                | Event::SignedInVain { .. }
                | Event::RecordSeen { .. }
                | Event::RenewalAsked { .. }
                | Event::RecordMissing { .. }
                | Event::HoldSet { .. }
                | Event::Invalidated { .. }
                | Event::Checked { .. } => {}
            }
        }
        Ok(())
    }
}

fn kind_of(form: Form) -> Kind {
    match form {
        Form::SdJwtVc => Kind::SdJwtVc,
    }
}
