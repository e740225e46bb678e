//! Where verifiers that know only an issuer's name find its keys.

use serde_json::{Value, json};

use crate::KeySet;

/// The JWT VC Issuer Metadata document (SD-JWT VC, section of that name): serve it as JSON at
/// `/.well-known/jwt-vc-issuer`, put between host and path of `issuer`, an `https` URL and the `iss` of credentials.
///
/// It holds the keys that sign or signed and are still good, by the `kid` that stands in credentials.
pub fn issuer_metadata(issuer: &str, keys: &KeySet) -> String {
    let good = keys.iter().filter(|(.., state)| state.may_verify());
    let good = KeySet::of(good.map(|(_, key, state)| (key.clone(), state)));
    let mut set = serde_json::to_value(good).expect("a key set is plain strings");
    let mut jwks = set["keys"].take();
    for jwk in jwks.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        // Ours alone, and always the same here.
        jwk.remove("state");
    }
    json!({"issuer": issuer, "jwks": {"keys": jwks}}).to_string()
}
