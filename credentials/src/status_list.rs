//! Token Status Lists (IETF `draft-ietf-oauth-status-list-21`): what has become of a credential since it was
//! signed, two bits each, for everybody who cannot ask the authority.
//!
//! Four steps, each pure. [`Space`] and [`Shard`] give a new credential its random index, once and for ever. A
//! [`StatusList`] holds the values and [packs](StatusList::pack) them. A [`Token`] signs them, as a JWT for
//! verifiers of SD-JWT VCs and as a CWT for those of mdocs and codes. [`Publication`] says when that is due.
//! A verifier reads a token with [`read_jwt`] or [`read_cwt`], which fail closed: what is stale, cut, replayed,
//! foreign or out of range yields no status at all.
//!
//! ```
//! use sealwright_credentials::status_list::{Expected, Status, StatusList, Token, Width, read_jwt};
//! # use sealwright_credentials::{Ed25519Signer, KeySet, KeyState, Signer};
//! # let signer = Ed25519Signer::generate()?;
//! # let keys = KeySet::of([(signer.public_key().clone(), KeyState::Active)]);
//! let mut list = StatusList::new(Width::Two, 1_000_000)?;
//! list.change(4711, Status::Suspended)?;
//! let token = Token {
//!     issuer: "https://licences.example",
//!     uri: "https://licences.example/status/1",
//!     aggregation_uri: "https://licences.example/status",
//!     issued_at: 1_795_000_000,
//!     expires_at: 1_795_043_200,
//!     ttl_s: 300,
//!     chain: &[],
//! };
//! let jwt = token.jwt(&list.pack(), &signer)?;
//!
//! let expected = Expected { issuer: token.issuer, uri: token.uri, keys: &keys, at: 1_795_000_060, seen: None };
//! let read = read_jwt(&jwt, &expected)?;
//! assert_eq!(read.status(4711)?, Status::Suspended);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod list;

mod index;
mod shard;

mod publication;

mod cwt;
mod jwt;
mod token;

mod read;

pub use index::{DECOY_EVERY, Secret, Space};
pub use list::{ListError, MAX_BYTES, Packed, Status, StatusList, Width};
pub use publication::{Pace, Publication, Published};
pub use read::{
    CLOCK_SKEW_S, Expected, MAX_LIFETIME_S, MAX_TOKEN, Read, ReadError, Seen, read_cwt, read_jwt,
};
pub use shard::{Block, Shard, Slot};
pub use token::{CWT_MEDIA_TYPE, JWT_MEDIA_TYPE, Token, TokenError};
