use std::fmt::Debug;

use sealwright_credentials::{code, mdoc, sd_jwt};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What waits for its signature in the vault, as JSON.
pub(super) fn prepared(bytes: &[u8]) -> bool {
    read::<code::Prepared>(bytes) || read::<sd_jwt::Prepared>(bytes) || read::<mdoc::Prepared>(bytes)
}

fn read<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> bool {
    let Ok(prepared) = serde_json::from_slice::<T>(bytes) else { return false };
    let json = serde_json::to_vec(&prepared).expect("JSON");
    assert_eq!(serde_json::from_slice::<T>(&json).expect("what was written can be read"), prepared);
    true
}
