//! The show code: `SW1P:` + base45(COSE_Sign1), shown on a phone for a minute at most and then made anew.
//!
//! The licence code proves what was issued, and can be copied. A [`Presentation`] proves that somebody shows it
//! *now*: it names a credential, lives 60 seconds at most, and is burned by its first online use. It carries
//! no data of the licence: a verifier looks at what the issuer signed, never at what a phone draws.
//!
//! It is signed by the holder's device key where the credential has one, which proves possession, else by the
//! issuer's presentation key, which is another key than the documents'. The signature is over the type
//! [`TYPE`] as COSE's external data, so no signature over anything else can pass for one, and the type takes
//! no room in the QR. A verifier that gives a [`Challenge`] gets a code that is good for nobody else.
//!
//! What remains: within its minute a code can be relayed to another place. Only a challenge, or the photo that
//! the issuer signed, helps against that.
//!
//! ```
//! use sealwright_credentials::presentation::{Asked, Challenge, Nonce, Presentation, prepare, verify};
//! use sealwright_credentials::{Ed25519Signer, KeySet, Serial, Signer, Verdict};
//!
//! let device = Ed25519Signer::generate()?;
//! let presentation = Presentation {
//!     serial: Serial::from_random([7; 10]),
//!     version: 3,
//!     issued_at: 1_795_000_000,
//!     expires_at: 1_795_000_060,
//!     nonce: Nonce::random()?,
//!     device: None,
//!     challenge: None,
//! };
//! let code = prepare(&presentation, device.key_id(), device.algorithm())?.sign(&device)?;
//!
//! let none = KeySet::default();
//! let mut asked = Asked { device: Some(device.public_key()), ..Asked::of(&none, 1_795_000_030) };
//! let report = verify(code.as_str(), &asked);
//! let shown = report.presentation.ok_or("not genuine")?;
//! let first_use = true; // a row with UNIQUE(shown.burn().id) was inserted
//! asked.first_use = Some(first_use);
//! assert_eq!(verify(code.as_str(), &asked).verdict, Verdict::Valid);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod claims;

mod show;

mod check;

mod typed;

pub use check::{Asked, DEFAULT_SKEW_S, MAX_SKEW_S, Report, reference, verify};
pub use claims::{Burn, Challenge, MAX_LIFETIME_S, Nonce, Presentation, PresentationError};
pub use show::{MAX_CHARS, PREFIX, PreparedShow, ShowCode, TYPE, prepare, seal};
pub use typed::{NotATypedCode, TypedCode};
