//! Issuing in two steps: [`prepare`] fixes salts and bytes, then they are signed and [`seal`]ed.

use super::claims;
use super::credential_type::CredentialType;
use super::disclosure::{self, SALT_LEN};
use super::holder_key::HolderKey;
use super::json::write_string;
use super::jws::{append_base64url, signing_input};
use super::prepared::Prepared;
use super::{SdJwt, TYPE, status};
use crate::content::{Content, ContentError};
use crate::sealing::{SealError, fitting};
use crate::{Algorithm, Digest, KeyId, SignError, Signature, StatusReference};

/// How many digests a credential with decoys has, whatever it holds.
const DIGESTS: usize = 20;

/// The most certificates in a chain, and the most bytes of one.
const MAX_CHAIN: usize = 4;
const MAX_CERTIFICATE: usize = 4 * 1024;

/// What a credential says besides the licence.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Its type.
    pub credential_type: &'a CredentialType,
    /// The key its holder has to prove. Without one, whoever has the text can show it.
    pub holder: Option<&'a HolderKey>,
    /// Where its status is published.
    pub status: Option<&'a StatusReference>,
    /// The photo (JPEG or PNG, at most [`claims::MAX_PORTRAIT`] bytes); it must be the one of `photo_digest`.
    pub portrait: Option<&'a [u8]>,
    /// Certificates of the signing key in DER, its own first, the root left out: the header `x5c` (RFC 7515 4.1.6).
    /// Empty for none. They are put in as they are.
    pub chain: &'a [Vec<u8>],
    /// Whether to hide by decoys how many claims there are, and with it whether there is a record.
    pub decoys: bool,
}

impl<'a> Terms<'a> {
    /// Only the type: no holder key, no status, no portrait, no certificates, no decoys.
    pub fn of(credential_type: &'a CredentialType) -> Self {
        Self { credential_type, holder: None, status: None, portrait: None, chain: &[], decoys: false }
    }
}

/// The random bytes of one credential. Never use them for a second one: equal salts make it recognisable.
pub struct Salts([u8; Self::LEN]);

impl Salts {
    /// How many random bytes a credential takes.
    pub const LEN: usize = DIGESTS * SALT_LEN;

    /// From the operating system's random source.
    pub fn generate() -> Result<Self, SignError> {
        let mut bytes = [0; Self::LEN];
        getrandom::fill(&mut bytes)
            .map_err(|e| SignError::Unavailable(format!("no random bytes from the system: {e}")))?;
        Ok(Self(bytes))
    }

    /// Random bytes that somebody else drew. Whoever can guess them can guess what was not disclosed.
    pub fn from_random(random: [u8; Self::LEN]) -> Self {
        Self(random)
    }
}

/// Fixes the bytes to be signed and the disclosures. Pure: the same arguments give the same bytes.
pub fn prepare(
    content: &Content,
    terms: &Terms<'_>,
    key_id: &KeyId,
    algorithm: Algorithm,
    salts: Salts,
) -> Result<Prepared, ContentError> {
    content.check()?;
    if terms.status.is_some_and(|status| !status.is_plain()) {
        return Err(ContentError::refused("status", StatusReference::RULE));
    }
    let chain_fits =
        terms.chain.len() <= MAX_CHAIN && terms.chain.iter().all(|der| der.len() <= MAX_CERTIFICATE);
    if !chain_fits {
        return Err(ContentError::refused("chain", "must be at most 4 certificates of at most 4 KiB"));
    }
    let claims = claims::of(content, terms.portrait)?;

    let mut salts = salts.0.chunks_exact(SALT_LEN);
    let mut disclosures = String::with_capacity(2_000 + terms.portrait.map_or(0, |p| p.len() * 2));
    let mut scratch = Vec::with_capacity(512);
    let mut digests = Vec::with_capacity(DIGESTS);
    let present = claims.iter().filter_map(|(name, claim)| Some((name, claim.as_ref()?)));
    for ((name, claim), salt) in present.zip(&mut salts) {
        digests
            .push(disclosure::append(&mut disclosures, &mut scratch, salt, name, |json| claim.write(json)));
        disclosures.push('~');
    }
    if terms.decoys {
        digests.extend(salts.map(Digest::of));
    }
    // Their order must not tell which claim is which (RFC 9901 4.2.4.1).
    digests.sort_unstable();

    let payload = payload(content, terms, &digests);
    Ok(Prepared::of(
        algorithm,
        *key_id,
        signing_input(&header(algorithm, key_id, terms.chain), &payload),
        disclosures,
    ))
}

/// Puts the signature to what was signed.
///
/// Only the signature's length is checked; whether it verifies is for [`super::verify()`].
pub fn seal(prepared: &Prepared, signature: &Signature) -> Result<SdJwt, SealError> {
    let signature = fitting(signature, prepared.algorithm())?;
    let (signing_input, disclosures) = prepared.texts();
    let mut text =
        String::with_capacity(signing_input.len() + disclosures.len() + signature.len() * 4 / 3 + 4);
    text.push_str(signing_input);
    text.push('.');
    append_base64url(&mut text, signature);
    text.push('~');
    text.push_str(disclosures);
    Ok(SdJwt::of_issued(text))
}

fn header(algorithm: Algorithm, key_id: &KeyId, chain: &[Vec<u8>]) -> Vec<u8> {
    use base64::Engine as _;
    let mut json = Vec::with_capacity(128);
    json.extend(b"{\"alg\":");
    write_string(&mut json, algorithm.jose());
    json.extend(b",\"kid\":");
    write_string(&mut json, &key_id.to_string());
    json.extend(b",\"typ\":");
    write_string(&mut json, TYPE);
    for (i, certificate) in chain.iter().enumerate() {
        json.extend(if i == 0 { &b",\"x5c\":["[..] } else { b"," });
        // Unlike all else here, certificates are in plain base64.
        write_string(&mut json, &base64::engine::general_purpose::STANDARD.encode(certificate));
    }
    json.extend(if chain.is_empty() { &b"}"[..] } else { b"]}" });
    json
}

fn payload(content: &Content, terms: &Terms<'_>, digests: &[Digest]) -> Vec<u8> {
    let mut json = Vec::with_capacity(512 + 48 * digests.len());
    let text = |json: &mut Vec<u8>, member: &str, value: &str| {
        json.extend(member.as_bytes());
        write_string(json, value);
    };
    let number = |json: &mut Vec<u8>, member: &str, value: i64| {
        json.extend(member.as_bytes());
        json.extend(value.to_string().as_bytes());
    };
    text(&mut json, "{\"iss\":", &content.issuer);
    text(&mut json, ",\"vct\":", terms.credential_type.vct());
    text(&mut json, ",\"vct#integrity\":", terms.credential_type.integrity());
    number(&mut json, ",\"iat\":", content.generated_at);
    if let Some(expires) = content.expires {
        number(&mut json, ",\"exp\":", expires);
    }
    text(&mut json, ",\"jti\":", content.serial.as_str());
    number(&mut json, ",\"version\":", content.version.into());
    if let Some(status) = terms.status {
        json.extend(b",\"status\":");
        status::write(&mut json, status);
    }
    if let Some(holder) = terms.holder {
        json.extend(b",\"cnf\":{\"jwk\":");
        json.extend(holder.jwk().as_bytes());
        json.push(b'}');
    }
    json.extend(b",\"_sd_alg\":\"sha-256\",\"_sd\":[");
    let mut encoded = String::with_capacity(44);
    for (i, digest) in digests.iter().enumerate() {
        encoded.clear();
        append_base64url(&mut encoded, digest.as_bytes());
        json.extend(if i == 0 { &b"\""[..] } else { b",\"" });
        json.extend(encoded.as_bytes());
        json.push(b'"');
    }
    json.extend(b"]}");
    json
}
