//! What a holder shows: chosen disclosures, and a proof that it is the holder who shows them.

use super::SdJwt;
use super::compact::Parts;
use super::disclosure::{self, Disclosed};
use super::holder_key::HolderKey;
use super::json::write_string;
use super::jws::{Jws, signed, signing_input};
use crate::key_set::base64url;
use crate::{Digest, SignError, Signer};

/// The `typ` of a key binding (RFC 9901 4.3).
pub const BINDING_TYPE: &str = "kb+jwt";

/// Whom a presentation is for.
#[derive(Debug, Clone, Copy)]
pub struct Audience<'a> {
    /// The verifier, as it calls itself: `aud`.
    pub verifier: &'a str,
    /// The verifier's nonce, which makes an old presentation useless.
    pub nonce: &'a str,
    /// The time of the presentation in Unix seconds.
    pub at: i64,
}

/// Why nothing was presented.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// The credential has no such claim.
    #[error("the credential has no claim {0}: see what it can disclose")]
    NoSuchClaim(String),
    /// The credential has no holder key, so nothing can be bound to it.
    #[error("the credential names no holder key: present it without binding")]
    NoHolder,
    /// The signer has another key than the credential's holder.
    #[error("the signer has another key than the one the credential was issued to")]
    WrongKey,
    /// The credential cannot be read: it is not one of ours.
    #[error("the credential cannot be read")]
    Unreadable,
    /// The signer made no signature.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl SdJwt {
    /// The credential with only these claims disclosed, for a verifier that asks for no key binding.
    ///
    /// The names are of claims on the top level, as all of ours are.
    pub fn present(&self, claims: &[&str]) -> Result<String, PresentError> {
        let parts = Parts::of(self.as_str()).map_err(|_| PresentError::Unreadable)?;
        let mut missing = claims.to_vec();
        let mut text = String::with_capacity(self.as_str().len());
        text.push_str(parts.jwt);
        text.push('~');
        for disclosure in parts.disclosures {
            let Ok(Disclosed::Member(name, _)) = disclosure::read(disclosure) else {
                continue;
            };
            if claims.contains(&name.as_str()) {
                missing.retain(|wanted| *wanted != name);
                text.push_str(disclosure);
                text.push('~');
            }
        }
        match missing.first() {
            None => Ok(text),
            Some(name) => Err(PresentError::NoSuchClaim((*name).into())),
        }
    }

    /// The credential with only these claims disclosed, bound to `audience` by the holder's key.
    pub fn present_to(
        &self,
        audience: &Audience<'_>,
        claims: &[&str],
        holder: &(impl Signer + ?Sized),
    ) -> Result<String, PresentError> {
        if self.holder()?.key() != holder.public_key() {
            return Err(PresentError::WrongKey);
        }
        let mut text = self.present(claims)?;
        let mut header = b"{\"alg\":".to_vec();
        write_string(&mut header, holder.algorithm().jose());
        header.extend(b",\"typ\":");
        write_string(&mut header, BINDING_TYPE);
        header.push(b'}');

        let mut payload = format!("{{\"iat\":{},\"aud\":", audience.at).into_bytes();
        write_string(&mut payload, audience.verifier);
        payload.extend(b",\"nonce\":");
        write_string(&mut payload, audience.nonce);
        payload.extend(b",\"sd_hash\":");
        write_string(&mut payload, &base64url(Digest::of(text.as_bytes()).as_bytes()));
        payload.push(b'}');

        let input = signing_input(&header, &payload);
        let signature = holder.sign(input.as_bytes())?;
        text.push_str(&signed(input, signature.as_bytes()));
        Ok(text)
    }

    fn holder(&self) -> Result<HolderKey, PresentError> {
        let parts = Parts::of(self.as_str()).map_err(|_| PresentError::Unreadable)?;
        let jws = Jws::read(parts.jwt).map_err(|_| PresentError::Unreadable)?;
        let payload = jws.payload().map_err(|_| PresentError::Unreadable)?;
        let jwk = payload.get("cnf").and_then(|cnf| cnf.get("jwk")).and_then(|jwk| jwk.as_object());
        HolderKey::from_members(jwk.ok_or(PresentError::NoHolder)?).map_err(|_| PresentError::NoHolder)
    }
}
