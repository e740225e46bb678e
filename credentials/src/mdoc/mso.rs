//! The mobile security object: what the issuer signs (ISO/IEC 18013-5 9.1.2.4).

use super::limits::MAX_ENTRIES;
use super::time::{read_tdate, write_tdate};
use super::{MsoValidity, device_key};
use crate::cbor::{CborError, Reader, Writer};
use crate::{Digest, PublicKey, StatusReference, cose_key};

pub(super) const VERSION: &str = "1.0";
pub(super) const SHA_256: &str = "SHA-256";

/// RFC 8949 3.4.5.1: a byte string that holds CBOR.
pub(super) const TAG_ENCODED: u64 = 24;

/// The digests of one namespace, in the order of their ids, which are 0, 1, 2, ...
pub(super) struct Digests<'a> {
    pub(super) namespace: &'a str,
    pub(super) digests: Vec<Digest>,
}

pub(super) fn write(
    doc_type: &str,
    digests: &[Digests<'_>],
    device_key: &PublicKey,
    validity: &MsoValidity,
    status: Option<&StatusReference>,
) -> Vec<u8> {
    let mut w = Writer::with_capacity(2_048);
    w.map(6 + u64::from(status.is_some()));
    w.text("version").text(VERSION);
    w.text("digestAlgorithm").text(SHA_256);
    w.text("valueDigests").map(digests.len() as u64);
    for namespace in digests {
        w.text(namespace.namespace).map(namespace.digests.len() as u64);
        for (id, digest) in namespace.digests.iter().enumerate() {
            w.int(id as i64).bytes(digest.as_bytes());
        }
    }
    w.text("deviceKeyInfo").map(1).text("deviceKey");
    cose_key::write(&mut w, device_key, false);
    w.text("docType").text(doc_type);
    w.text("validityInfo").map(3 + u64::from(validity.expected_update.is_some()));
    write_tdate(w.text("signed"), validity.signed);
    write_tdate(w.text("validFrom"), validity.valid_from);
    write_tdate(w.text("validUntil"), validity.valid_until);
    if let Some(at) = validity.expected_update {
        write_tdate(w.text("expectedUpdate"), at);
    }
    if let Some(status) = status {
        w.text("status").map(1).text("status_list").map(2);
        w.text("idx").int(status.index.into()).text("uri").text(&status.uri);
    }
    let mso = w.finish();
    let mut w = Writer::with_capacity(mso.len() + 8);
    w.tag(TAG_ENCODED).bytes(&mso);
    w.finish()
}

/// A mobile security object as it stands; nothing in it is judged yet.
pub(super) struct Mso<'a> {
    pub(super) version: &'a str,
    pub(super) digest_algorithm: &'a str,
    pub(super) digests: Vec<(&'a str, Vec<(i64, &'a [u8])>)>,
    /// `None` if of a kind that this program does not know.
    pub(super) device_key: Option<PublicKey>,
    pub(super) doc_type: &'a str,
    pub(super) validity: MsoValidity,
    pub(super) status: Option<StatusReference>,
}

impl<'a> Mso<'a> {
    pub(super) fn read(payload: &'a [u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(encoded(payload)?);
        let (mut version, mut algorithm, mut digests) = (None, None, None);
        let (mut device_key, mut doc_type, mut validity, mut status) = (None, None, None, None);
        for _ in 0..entries(r.map()?)? {
            let twice = match r.text()? {
                "version" => version.replace(r.text()?).is_some(),
                "digestAlgorithm" => algorithm.replace(r.text()?).is_some(),
                "valueDigests" => digests.replace(read_digests(&mut r)?).is_some(),
                "deviceKeyInfo" => device_key.replace(read_device_key(&mut r)?).is_some(),
                "docType" => doc_type.replace(r.text()?).is_some(),
                "validityInfo" => validity.replace(read_validity(&mut r)?).is_some(),
                "status" => status.replace(read_status(&mut r)?).is_some(),
                _ => r.item().map(|_| false)?,
            };
            must(!twice)?;
        }
        must(r.left() == 0)?;
        let missing = CborError::WrongType;
        Ok(Self {
            version: version.ok_or(missing)?,
            digest_algorithm: algorithm.ok_or(missing)?,
            digests: digests.ok_or(missing)?,
            device_key: device_key.ok_or(missing)?,
            doc_type: doc_type.ok_or(missing)?,
            validity: validity.ok_or(missing)?,
            status: status.flatten(),
        })
    }

    /// The digest that was signed for an element.
    pub(super) fn digest(&self, namespace: &str, id: i64) -> Option<&'a [u8]> {
        let (_, digests) = self.digests.iter().find(|(name, _)| *name == namespace)?;
        digests.iter().find(|(known, _)| *known == id).map(|(_, digest)| *digest)
    }
}

/// The bytes inside tag 24, if nothing else is there.
pub(super) fn encoded(item: &[u8]) -> Result<&[u8], CborError> {
    let mut r = Reader::new(item);
    must(r.tag()? == TAG_ENCODED)?;
    let inside = r.bytes()?;
    must(r.left() == 0)?;
    Ok(inside)
}

pub(super) fn must(holds: bool) -> Result<(), CborError> {
    if holds { Ok(()) } else { Err(CborError::WrongType) }
}

/// A count of entries that is within bounds.
pub(super) fn entries(count: u64) -> Result<u64, CborError> {
    must(count <= MAX_ENTRIES).map(|()| count)
}

fn read_digests<'a>(r: &mut Reader<'a>) -> Result<Vec<(&'a str, Vec<(i64, &'a [u8])>)>, CborError> {
    let mut namespaces: Vec<(&str, Vec<(i64, &[u8])>)> = Vec::new();
    for _ in 0..entries(r.map()?)? {
        let name = r.text()?;
        must(namespaces.iter().all(|(known, _)| *known != name))?;
        let mut digests: Vec<(i64, &[u8])> = Vec::new();
        for _ in 0..entries(r.map()?)? {
            let id = r.int()?;
            must(id >= 0 && digests.iter().all(|(known, _)| *known != id))?;
            digests.push((id, r.bytes()?));
        }
        namespaces.push((name, digests));
    }
    Ok(namespaces)
}

fn read_device_key(r: &mut Reader<'_>) -> Result<Option<PublicKey>, CborError> {
    let mut key = None;
    for _ in 0..entries(r.map()?)? {
        match r.text()? {
            "deviceKey" => must(key.replace(device_key::read(r)?).is_none())?,
            _ => _ = r.item()?,
        }
    }
    key.ok_or(CborError::WrongType)
}

fn read_validity(r: &mut Reader<'_>) -> Result<MsoValidity, CborError> {
    let (mut signed, mut from, mut until, mut update) = (None, None, None, None);
    for _ in 0..entries(r.map()?)? {
        let twice = match r.text()? {
            "signed" => signed.replace(read_tdate(r)?).is_some(),
            "validFrom" => from.replace(read_tdate(r)?).is_some(),
            "validUntil" => until.replace(read_tdate(r)?).is_some(),
            "expectedUpdate" => update.replace(read_tdate(r)?).is_some(),
            _ => r.item().map(|_| false)?,
        };
        must(!twice)?;
    }
    let missing = CborError::WrongType;
    Ok(MsoValidity {
        signed: signed.ok_or(missing)?,
        valid_from: from.ok_or(missing)?,
        valid_until: until.ok_or(missing)?,
        expected_update: update,
    })
}

/// `None` if the status is of another kind than a status list.
fn read_status(r: &mut Reader<'_>) -> Result<Option<StatusReference>, CborError> {
    let mut status = None;
    for _ in 0..entries(r.map()?)? {
        if r.text()? != "status_list" {
            r.item()?;
            continue;
        }
        must(status.is_none())?;
        let (mut index, mut uri) = (None, None);
        for _ in 0..entries(r.map()?)? {
            let twice = match r.text()? {
                "idx" => {
                    let value = u32::try_from(r.int()?).map_err(|_| CborError::WrongType)?;
                    index.replace(value).is_some()
                }
                "uri" => uri.replace(r.text()?.to_owned()).is_some(),
                _ => r.item().map(|_| false)?,
            };
            must(!twice)?;
        }
        let missing = CborError::WrongType;
        let reference = StatusReference { index: index.ok_or(missing)?, uri: uri.ok_or(missing)? };
        must(reference.is_plain())?;
        status = Some(reference);
    }
    Ok(status)
}
