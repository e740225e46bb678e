//! The credential type (`vct`) and its type metadata document (SD-JWT VC, "Type Metadata").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::claims::LABELS;
use crate::Digest;
use crate::content::ContentError;

/// A credential type: its name and the document that describes it, which a credential names by its digest.
///
/// Serve [`metadata`](Self::metadata) byte for byte at the URL that is the name. A newer program may word the
/// document differently: then serve both, the older one from what was stored, or give the type a new name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialType {
    vct: String,
    metadata: String,
    integrity: String,
}

impl CredentialType {
    /// The electronic driving licence under the name `vct`, an `https` URL or a `urn:` (both are names that
    /// nobody else gives, as the `vct` claim demands).
    pub fn licence(vct: &str) -> Result<Self, ContentError> {
        let unique = vct.starts_with("https://") || vct.starts_with("urn:");
        let spelled = vct.len() <= 256 && vct.bytes().all(|b| b.is_ascii_graphic());
        if !unique || !spelled {
            let rule = "must be an https URL or a urn of at most 256 visible ASCII characters";
            return Err(ContentError::refused("vct", rule));
        }
        let metadata = document(vct).to_string();
        let integrity = format!("sha256-{}", STANDARD.encode(Digest::of(metadata.as_bytes()).as_bytes()));
        Ok(Self { vct: vct.into(), metadata, integrity })
    }

    /// The name, as it stands in the claim `vct`.
    pub fn vct(&self) -> &str {
        &self.vct
    }

    /// The type metadata document, JSON with labels in English and Simplified Chinese.
    pub fn metadata(&self) -> &str {
        &self.metadata
    }

    /// The claim `vct#integrity`: the SHA-256 of [`metadata`](Self::metadata) as W3C SRI writes it.
    pub fn integrity(&self) -> &str {
        &self.integrity
    }
}

fn document(vct: &str) -> Value {
    let visible = [
        ("iss", true, "Issuer", "签发者"),
        ("iat", true, "Generated at", "生成时间"),
        ("exp", false, "Expires at", "失效时间"),
        ("jti", true, "Serial", "电子证序列号"),
        ("version", true, "Version", "版本"),
    ];
    let visible = visible.map(|(name, mandatory, en, zh)| claim(name, mandatory, "never", en, zh));
    let hidden = LABELS.iter().map(|label| claim(label.name, label.mandatory, "always", label.en, label.zh));
    json!({
        "vct": vct,
        "name": "Electronic driving licence",
        "description": "Every personal claim can be disclosed without the others.",
        "display": [
            {"locale": "en", "name": "Electronic driving licence", "description": "Motor vehicle driving licence"},
            {"locale": "zh-CN", "name": "电子驾驶证", "description": "机动车驾驶证电子版"},
        ],
        "claims": visible.into_iter().chain(hidden).collect::<Vec<_>>(),
    })
}

fn claim(name: &str, mandatory: bool, sd: &str, en: &str, zh: &str) -> Value {
    json!({
        "path": [name],
        "display": [{"locale": "en", "label": en}, {"locale": "zh-CN", "label": zh}],
        "mandatory": mandatory,
        "sd": sd,
    })
}
