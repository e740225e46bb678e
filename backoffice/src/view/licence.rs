//! A licence as its holder and the office see it.

use sealwright_engine::journal::Body;
use sealwright_engine::{InstanceId, Timestamp, View, name_of};
use sealwright_workflows::licence::{Content, Event, Form, Licence};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A licence and its live document.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Document {
    /// The licence.
    pub id: Uuid,
    /// Where it stands.
    pub phase: &'static str,
    /// `none`, `active`, `suspended`, `hidden` or `invalid`.
    pub standing: String,
    /// The live version.
    pub shown: Option<u32>,
    /// The forms that it was signed in: `code`, `sd-jwt-vc`, `mdoc`.
    pub forms: Vec<String>,
    /// Its serial.
    pub serial: Option<String>,
    /// When it was generated.
    #[schema(value_type = Option<String>)]
    pub generated_at: Option<Timestamp>,
    /// How many decisions are behind it; the ETag.
    pub version: u64,
    /// Why it waits for an operator, if it does.
    pub parked: Option<String>,
    /// Whose it is; not part of the answer.
    #[serde(skip)]
    pub person: Option<Uuid>,
    /// Every version with a journaled intent; not part of the answer.
    #[serde(skip)]
    pub intents: Vec<Intent>,
}

/// What was journaled before a version was signed.
#[derive(Clone, Debug)]
pub struct Intent {
    /// The version.
    pub version: u32,
    /// Its serial.
    pub serial: String,
    /// Its generation time.
    pub generated_at: Timestamp,
    /// The forms in which it is signed beside the code.
    pub forms: Vec<Form>,
    /// Where its bytes are.
    pub content: Content,
}

/// Folds a licence's history for the screen. `labels` are those of the engine.
///
/// # Errors
/// A row that this program cannot read.
pub fn document(
    id: InstanceId,
    view: &View<Licence>,
    history: &[Body],
    labels: &[(String, String)],
) -> serde_json::Result<Document> {
    let label = |name: &str| labels.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
    let mut document = Document {
        id: id.0,
        phase: view.phase,
        standing: label("standing").unwrap_or_else(|| "none".into()),
        shown: label("version").and_then(|version| version.parse().ok()),
        forms: Vec::new(),
        serial: None,
        generated_at: None,
        version: view.version,
        parked: view.parked.clone(),
        person: None,
        intents: Vec::new(),
    };
    for body in history {
        for event in body.events::<Licence>()? {
            match event {
                Event::Reserved { person, .. } => document.person = Some(person.0),
                Event::IntentRecorded { version, serial, generated_at, digests, content, .. } => {
                    let forms = digests.into_keys().collect();
                    document.intents.push(Intent { version, serial, generated_at, forms, content });
                }
                _ => {}
            }
        }
    }
    let live =
        document.shown.and_then(|shown| document.intents.iter().find(|intent| intent.version == shown));
    if let Some(live) = live {
        (document.serial, document.generated_at) = (Some(live.serial.clone()), Some(live.generated_at));
        let names = live.forms.iter().map(|form| name_of(form).outer.to_owned());
        document.forms = std::iter::once("code".to_owned()).chain(names).collect();
    }
    Ok(document)
}
