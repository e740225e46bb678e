//! Puts disclosed claims back where their digests stand (RFC 9901 7.1, step 3).

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::disclosure::{self, Disclosed, DisclosureError};
use super::json;
use crate::Digest;
use crate::key_set::base64url;

/// How deep claims may lie once they are disclosed: disclosures can hold disclosures.
const MAX_DEPTH: usize = 2 * json::MAX_DEPTH;

/// Claims that SD-JWT VC wants visible (draft 3.2.2.2), because whether to believe the others depends on them.
const VISIBLE: [&str; 8] = ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "_sd_alg"];

/// The signed payload with these disclosures in their places and all digests gone.
///
/// Every disclosure must belong somewhere, and nothing may stand twice.
pub(super) fn unveil(
    mut payload: Map<String, Value>,
    disclosures: &[&str],
) -> Result<Map<String, Value>, DisclosureError> {
    match payload.remove("_sd_alg") {
        None => {}
        Some(Value::String(name)) if name == "sha-256" => {}
        Some(_) => return Err(DisclosureError::Hash),
    }
    let mut unveiling = Unveiling { disclosed: HashMap::new(), seen: HashSet::new() };
    for text in disclosures {
        let digest = base64url(Digest::of(text.as_bytes()).as_bytes());
        if unveiling.disclosed.insert(digest, disclosure::read(text)?).is_some() {
            return Err(DisclosureError::Twice);
        }
    }
    let claims = unveiling.object(payload, 0)?;
    if unveiling.disclosed.is_empty() { Ok(claims) } else { Err(DisclosureError::Unreferenced) }
}

struct Unveiling {
    /// What has not found its place yet, by digest.
    disclosed: HashMap<String, Disclosed>,
    seen: HashSet<String>,
}

impl Unveiling {
    fn value(&mut self, value: Value, depth: usize) -> Result<Value, DisclosureError> {
        match value {
            Value::Object(members) => self.object(members, depth).map(Value::Object),
            Value::Array(elements) => self.array(elements, depth).map(Value::Array),
            plain => Ok(plain),
        }
    }

    fn object(
        &mut self,
        mut members: Map<String, Value>,
        depth: usize,
    ) -> Result<Map<String, Value>, DisclosureError> {
        if depth > MAX_DEPTH {
            return Err(DisclosureError::TooDeep);
        }
        let digests = members.remove("_sd");
        let mut object = Map::new();
        for (name, value) in members {
            if name == "..." || name == "_sd_alg" {
                return Err(DisclosureError::Structure);
            }
            object.insert(name, self.value(value, depth + 1)?);
        }
        let digests = match digests {
            None => Vec::new(),
            Some(Value::Array(digests)) => digests,
            Some(_) => return Err(DisclosureError::Structure),
        };
        for digest in digests {
            match self.take(digest)? {
                None => {}
                Some(Disclosed::Element(_)) => return Err(DisclosureError::WrongPlace),
                Some(Disclosed::Member(name, value)) => {
                    if depth == 0 && VISIBLE.contains(&name.as_str()) {
                        return Err(DisclosureError::Name);
                    }
                    let value = self.value(value, depth + 1)?;
                    if object.insert(name, value).is_some() {
                        return Err(DisclosureError::Collision);
                    }
                }
            }
        }
        Ok(object)
    }

    fn array(&mut self, elements: Vec<Value>, depth: usize) -> Result<Vec<Value>, DisclosureError> {
        if depth > MAX_DEPTH {
            return Err(DisclosureError::TooDeep);
        }
        let mut array = Vec::new();
        for element in elements {
            match element {
                Value::Object(mut members) if members.contains_key("...") => {
                    let digest = members.remove("...").unwrap_or_default();
                    if !members.is_empty() {
                        return Err(DisclosureError::Structure);
                    }
                    match self.take(digest)? {
                        None => {}
                        Some(Disclosed::Element(value)) => array.push(self.value(value, depth + 1)?),
                        Some(Disclosed::Member(..)) => return Err(DisclosureError::WrongPlace),
                    }
                }
                element => array.push(self.value(element, depth + 1)?),
            }
        }
        Ok(array)
    }

    /// What belongs to a digest of the payload; `None` if it stays hidden or is a decoy.
    fn take(&mut self, digest: Value) -> Result<Option<Disclosed>, DisclosureError> {
        let Value::String(digest) = digest else {
            return Err(DisclosureError::Structure);
        };
        let disclosed = self.disclosed.remove(&digest);
        if self.seen.insert(digest) { Ok(disclosed) } else { Err(DisclosureError::Twice) }
    }
}

#[cfg(test)]
mod tests;
