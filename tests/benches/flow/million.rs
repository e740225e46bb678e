//! What a command costs with 1,000 and with 1,000,000 stored instances.

use crate::ground::Ground;

pub(crate) async fn measure(_ground: &Ground, _json: bool) {}
