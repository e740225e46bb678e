//! The mobile driving licence of ISO/IEC 18013-5: an mdoc with document type `org.iso.18013.5.1.mDL`.
//!
//! [`prepare`] fixes every byte and the digest that is signed; [`Prepared::sign`] makes the [`IssuerSigned`] that
//! goes to a wallet. Each element is digested on its own, so [`IssuerSigned::disclose`] can drop the others and
//! the issuer's signature still holds. [`verify()`] lists every check and fails closed.
//!
//! Bytes are kept as they were made, never encoded again. What is signed is laid out for other people's
//! verifiers: COSE `alg` -8 or -7 as the key is, certificates in header 33, elements behind tag 24.
//!
//! The international elements are Latin-1, have no 长期 and know Vienna categories only. What the Chinese licence
//! says beyond that stands in the domestic namespace [`NAMESPACE_CN`], in full:
//!
//! | element | type | is |
//! | --- | --- | --- |
//! | `name`, `licence_number`, `authority`, `address` | text | 姓名, 证号, 发证机关, 住址 |
//! | `classes` | text | 准驾车型, `A2C1E` |
//! | `status_at_issue` | text | the register's status codes when it was generated |
//! | `valid_from`, `first_issue` | full-date | 有效期始, 初次领证日期 |
//! | `long_term`, `valid_until` | bool, full-date | whether it is 长期; 有效期止 if it is not |
//! | `archive_number`, `record` | text | 档案编号, 记录, where there are any |
//! | `serial`, `version`, `generated_at` | text, uint, tdate | of the electronic document |
//!
//! What is not here: SHA-384 and SHA-512, P-384 and larger curves, MAC instead of a device signature, elements that
//! the device signs itself, revocation lists of certificates. All of these are refused, not passed over.
//!
//! ```
//! use sealwright_credentials::mdoc::{Issuance, Mdl, Prepared, prepare};
//! use sealwright_credentials::Signer;
//!
//! /// The digest goes into the journal between the two steps; the mdoc goes to the holder's wallet.
//! fn order(mdl: &Mdl<'_>, issuance: &Issuance<'_>) -> Result<Prepared, Box<dyn std::error::Error>> {
//!     let mut random = [0; 32];
//!     getrandom::fill(&mut random)?;
//!     Ok(prepare(mdl, issuance, &random)?)
//! }
//!
//! fn issue(prepared: &Prepared, signer: &dyn Signer) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
//!     Ok(prepared.sign(signer)?.as_bytes().to_vec())
//! }
//! ```

mod limits;
mod time;
mod value;

mod elements;
mod names;
mod privileges;

mod device_key;
mod mso;

mod issue;
mod issuer_signed;

mod device;

mod verify;

pub use device::{DeviceError, DeviceSignature, device_authentication, device_response, verify_device};
pub use elements::Mdl;
pub use issue::{Issuance, MsoValidity, Prepared, prepare, seal};
pub use issuer_signed::{IssuerSigned, MdocError};
pub use limits::{MAX_DOCUMENT, MAX_PORTRAIT};
pub use names::{MdlNames, romanise};
pub use value::Value;
pub use verify::{Document, Element, Report, verify};

/// The document type of a mobile driving licence.
pub const DOC_TYPE: &str = "org.iso.18013.5.1.mDL";

/// The namespace of the elements that ISO/IEC 18013-5 defines.
pub const NAMESPACE: &str = "org.iso.18013.5.1";

/// The domestic namespace: the licence as the Chinese register writes it.
pub const NAMESPACE_CN: &str = "org.iso.18013.5.1.CN";

/// Why no mdoc was prepared. Names fields, never their values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MdlError {
    /// The licence's content breaks a rule.
    #[error(transparent)]
    Content(#[from] crate::ContentError),
    /// Something said beside the content breaks a rule.
    #[error("{field}: {rule}")]
    Refused {
        /// The field of [`Mdl`], [`MdlNames`] or [`Issuance`].
        field: &'static str,
        /// What it must be.
        rule: &'static str,
    },
}

fn must(holds: bool, field: &'static str, rule: &'static str) -> Result<(), MdlError> {
    if holds { Ok(()) } else { Err(MdlError::Refused { field, rule }) }
}
