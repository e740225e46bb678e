use sealwright_credentials::{KeySet, PublicKey};

use super::fixed::text as utf8;

/// A JWK Set. JSON has many spellings; what is written of it has one.
pub(super) fn jwks(bytes: &[u8]) -> bool {
    let Ok(keys) = KeySet::from_json(utf8(bytes)) else { return false };
    let json = keys.to_json();
    let again = KeySet::from_json(&json).expect("what was written can be read");
    assert_eq!(again, keys);
    assert_eq!(again.to_json(), json, "a second spelling");
    both_forms(&keys);
    true
}

/// A COSE_KeySet, or one COSE_Key.
pub(super) fn cose(bytes: &[u8]) -> bool {
    if let Ok(key) = PublicKey::from_cose_key(bytes) {
        assert_eq!(PublicKey::from_cose_key(&key.to_cose_key()), Ok(key));
        return true;
    }
    let Ok(keys) = KeySet::from_cose(bytes) else { return false };
    both_forms(&keys);
    true
}

/// The COSE form has no states: what may verify is there, and counts as active.
fn both_forms(keys: &KeySet) {
    let cose = keys.to_cose();
    let again = KeySet::from_cose(&cose).expect("what was written can be read");
    let good = keys.iter().filter(|(_, _, state)| state.may_verify()).map(|(id, _, _)| id);
    assert!(again.iter().map(|(id, _, _)| id).eq(good));
    assert_eq!(again.to_cose(), cose, "a second spelling");
}
