//! What a status list says about a credential that names it.

use super::Asked;
use crate::status_list::{Expected, Read, ReadError, read_cwt, read_jwt};
use crate::verify::Checks;
use crate::{Standing, Verdict};

/// The tag that begins every CWT of ours; no JWT begins so.
const COSE_SIGN1: u8 = 0xD2;

/// A credential's place in a list.
pub(super) struct Entry<'a> {
    pub(super) issuer: Option<&'a str>,
    pub(super) uri: &'a str,
    pub(super) index: u64,
}

/// Judges by the list that the credential names, among those at hand.
pub(super) fn consult(entry: Option<Entry<'_>>, asked: &Asked<'_>, checks: &mut Checks) {
    const NAME: &str = "status_list";
    let Some(entry) = entry else {
        return checks.note(NAME, None, "the credential names no status list");
    };
    if asked.status_lists.is_empty() {
        return checks.note(NAME, None, "not consulted: the credential names one, and none was given");
    }
    let standing = match standing(&entry, asked) {
        Ok(standing) => standing,
        Err(why) => {
            // Nothing is known, which is no reason to forget what else was found.
            let verdict = if checks.worst == Verdict::Invalid { Verdict::Invalid } else { Verdict::Unknown };
            _ = checks.fail(NAME, verdict, why);
            return;
        }
    };
    match standing {
        Standing::Active => checks.pass(NAME, "the list says: in force"),
        Standing::Suspended => _ = checks.fail(NAME, Verdict::ShownRed, "the list says: suspended"),
        _ => _ = checks.fail(NAME, Verdict::Invalid, "the list says: withdrawn"),
    }
}

fn standing(entry: &Entry<'_>, asked: &Asked<'_>) -> Result<Standing, String> {
    let Some(issuer) = entry.issuer else {
        return Err("the credential names no issuer: say whose status lists count".into());
    };
    let expected = Expected { issuer, uri: entry.uri, keys: asked.keys, at: asked.at, seen: None };
    let (mut best, mut why): (Option<Read>, _) = (None, ReadError::Foreign);
    for token in asked.status_lists {
        match read(token, &expected) {
            Ok(read) if best.as_ref().is_none_or(|best| best.issued_at() < read.issued_at()) => {
                best = Some(read)
            }
            Ok(_) => {}
            // What is wrong with the right list says more than that another is another.
            Err(ReadError::Foreign) => {}
            Err(error) => why = error,
        }
    }
    let read = best.ok_or_else(|| why.to_string())?;
    let index = u32::try_from(entry.index).map_err(|_| "no status list has such an entry".to_owned())?;
    Ok(read.status(index).map_err(|error| error.to_string())?.standing())
}

fn read(token: &[u8], expected: &Expected<'_>) -> Result<Read, ReadError> {
    match std::str::from_utf8(token) {
        Ok(text) if token.first() != Some(&COSE_SIGN1) => read_jwt(text.trim(), expected),
        _ => read_cwt(token, expected),
    }
}
