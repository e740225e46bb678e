//! The licence as SD-JWT VC (`dc+sd-jwt`; RFC 9901 and draft-ietf-oauth-sd-jwt-vc): a signed text in which each
//! claim is hidden until its holder discloses it, so that a class can be shown without the ID number.
//!
//! [`prepare`] fixes the bytes, salts included, and their digest; the digest goes into the journal; then they are
//! signed and [`seal`]ed. Signing the same [`Prepared`] again after a crash gives the same credential (with
//! deterministic signatures, as Ed25519's are). The holder [presents](SdJwt::present_to) chosen claims under its
//! own key, and [`verify()`] answers what a verifier needs to know and fails closed.
//!
//! Always visible: `iss`, `vct`, `vct#integrity`, `iat` (generation time), `exp` if there is a technical end, `jti`
//! (serial), `version`, `status`, `cnf`. Each to be disclosed alone:
//!
//! | claim | value |
//! | --- | --- |
//! | `name`, `licence_number`, `nationality`, `authority`, `archive_number`, `record`, `status_at_issue` | text |
//! | `sex` | 0, 1, 2 or 9 (GB/T 2261.1, as ISO 5218) |
//! | `birthdate`, `first_issue` | `1949-12-31` |
//! | `address` | `{"formatted": text}` |
//! | `classes` | `["A1", "D"]` |
//! | `validity` | `{"from": day, "until": day}`; without `until` it is 长期, no end |
//! | `age_over_18`, `age_over_21` | as of the generation time: a `false` may have become true since |
//! | `photo_digest` | SHA-256 in hex |
//! | `portrait` | the photo as a `data:` URL, where asked for |
//!
//! The visible serial, holder key and status entry let two verifiers who compare notes see that it was the same
//! credential. Where that matters, issue several, each with its own serial, key and entry.
//!
//! ```
//! use sealwright_credentials::sd_jwt::{Audience, Binding, CredentialType, HolderKey, Request, Salts, Terms};
//! use sealwright_credentials::sd_jwt::{prepare, verify};
//! use sealwright_credentials::{Ed25519Signer, KeySet, KeyState, Signer, Verdict};
//! # use sealwright_credentials::{Content, Date, Digest, Serial, Sex};
//! # let date = |y, m, d| Date::from_ymd_opt(y, m, d).expect("a date");
//! # let content = Content {
//! #     issuer: "https://licences.example".into(), licence_number: "11010519491231002X".into(),
//! #     expires: None, generated_at: 1_795_000_000, serial: Serial::from_random([7; 10]), version: 1,
//! #     name: "王小明".into(), sex: Sex::Male, birth_date: date(1949, 12, 31), nationality: "CHN".into(),
//! #     classes: "C1E".into(), valid_from: date(2021, 9, 1), valid_until: Some(date(2031, 9, 1)),
//! #     first_issue: date(1975, 5, 6), authority: "北京市公安局交通管理局".into(), archive_number: None,
//! #     address: "北京市朝阳区建国路1号".into(), record: None, photo_digest: Digest::of(b"photo"),
//! #     status_at_issue: "A".into(),
//! # };
//! let (issuer, wallet) = (Ed25519Signer::generate()?, Ed25519Signer::generate()?);
//! let keys = KeySet::of([(issuer.public_key().clone(), KeyState::Active)]);
//! let licence = CredentialType::licence("https://licences.example/types/licence/1")?;
//! let holder = HolderKey::of(wallet.public_key());
//!
//! let terms = Terms { holder: Some(&holder), ..Terms::of(&licence) };
//! let prepared = prepare(&content, &terms, issuer.key_id(), issuer.algorithm(), Salts::generate()?)?;
//! let credential = prepared.sign(&issuer)?;
//!
//! let audience = Audience { verifier: "https://rental.example", nonce: "n-0S6", at: 1_795_000_060 };
//! let shown = credential.present_to(&audience, &["classes", "validity"], &wallet)?;
//!
//! let binding = Binding::to("https://rental.example", "n-0S6");
//! let request = Request { vct: licence.vct(), issuer: None, binding: Some(binding) };
//! let report = verify(&shown, &keys, 1_795_000_070, &request);
//! assert_eq!(report.verdict, Verdict::Valid);
//! assert_eq!(report.presented.expect("verified").claims["classes"][0], "C1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod claims;
mod credential_type;
mod holder_key;
mod issuer_metadata;
mod status;

mod compact;
mod disclosure;
mod json;
mod jws;

mod issue;
mod prepared;
mod text;

mod present;

mod binding;
mod unveil;
mod verify;

pub use binding::{Binding, MAX_BINDING_AGE_S};
pub use claims::MAX_PORTRAIT;
pub use compact::{FormError, MAX_DISCLOSURES, MAX_LEN};
pub use credential_type::CredentialType;
pub use disclosure::DisclosureError;
pub use holder_key::{HolderKey, NotAHolderKey};
pub use issue::{Salts, Terms, prepare, seal};
pub use issuer_metadata::issuer_metadata;
pub use jws::JwsError;
pub use prepared::Prepared;
pub use present::{Audience, BINDING_TYPE, PresentError};
pub use text::{SdJwt, SdJwtError};
pub(crate) use verify::claimed_type;
pub use verify::{Presented, Report, Request, verify, verify_standing, verify_with};

/// The `typ` of a credential (SD-JWT VC 3.2.1): a signature over anything else can never pass for one.
pub const TYPE: &str = "dc+sd-jwt";

#[cfg(test)]
mod specification;
