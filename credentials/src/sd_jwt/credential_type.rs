//! The credential type (`vct`) and its type metadata document (SD-JWT VC, "Type Metadata").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::claims::{LABELS, Label, label};
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
        let metadata = document(vct);
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

/// Structs and not `json!`: the order of a map's members depends on how serde_json was built, and a digest on it.
#[derive(Serialize)]
struct Document<'a> {
    vct: &'a str,
    name: &'a str,
    description: &'a str,
    display: [TypeDisplay; 2],
    claims: Vec<ClaimDocument>,
}

#[derive(Serialize)]
struct TypeDisplay {
    locale: &'static str,
    name: &'static str,
    description: &'static str,
}

#[derive(Serialize)]
struct ClaimDocument {
    path: [&'static str; 1],
    display: [ClaimDisplay; 2],
    mandatory: bool,
    sd: &'static str,
}

#[derive(Serialize)]
struct ClaimDisplay {
    locale: &'static str,
    label: &'static str,
}

const EN: &str = "en";
const ZH: &str = "zh-CN";

const VISIBLE: [Label; 5] = [
    label("iss", true, "Issuer", "签发者"),
    label("iat", true, "Generated at", "电子证生成时间"),
    label("exp", false, "Expires at", "失效时间"),
    label("jti", true, "Serial", "电子证序列号"),
    label("version", true, "Version", "版本"),
];

fn document(vct: &str) -> String {
    let claim = |label: &Label, sd| ClaimDocument {
        path: [label.name],
        display: [ClaimDisplay { locale: EN, label: label.en }, ClaimDisplay { locale: ZH, label: label.zh }],
        mandatory: label.mandatory,
        sd,
    };
    let visible = VISIBLE.iter().map(|label| claim(label, "never"));
    let hidden = LABELS.iter().map(|label| claim(label, "always"));
    let type_display = |locale, name, description| TypeDisplay { locale, name, description };
    let document = Document {
        vct,
        name: "Electronic driving licence",
        description: "Every personal claim can be disclosed without the others.",
        display: [
            type_display(
                EN,
                "Electronic driving licence",
                "Motor vehicle driving licence in electronic form",
            ),
            type_display(ZH, "电子驾驶证", "机动车驾驶证电子版"),
        ],
        claims: visible.chain(hidden).collect(),
    };
    serde_json::to_string(&document).expect("a document of plain strings is JSON")
}
