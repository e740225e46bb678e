//! The holder's key as a COSE_Key (RFC 9052 7, RFC 9053 7), in whatever order its issuer wrote it.

use crate::PublicKey;
use crate::cbor::{CborError, Reader};

const KTY: i64 = 1;
const CRV: i64 = -1;
const X: i64 = -2;
const Y: i64 = -3;

const OKP: i64 = 1;
const EC2: i64 = 2;
const P_256: i64 = 1;
const ED25519: i64 = 6;

/// Reads a key; `None` if it is well formed but of no kind of ours. Entries that do not concern the key are
/// passed over.
pub(super) fn read(r: &mut Reader<'_>) -> Result<Option<PublicKey>, CborError> {
    let (mut kty, mut crv, mut x, mut y) = (None, None, None, None);
    for _ in 0..r.map()? {
        let twice = match r.int()? {
            KTY => kty.replace(r.int()?).is_some(),
            CRV => crv.replace(r.int()?).is_some(),
            X => x.replace(r.bytes()?).is_some(),
            // A compressed point has a sign here, and no verifier needs to know how.
            Y => y.replace(r.item()?).is_some(),
            _ => r.item().map(|_| false)?,
        };
        if twice {
            return Err(CborError::WrongType);
        }
    }
    Ok(match (kty, crv, x, y) {
        (Some(OKP), Some(ED25519), Some(x), None) => PublicKey::ed25519(x).ok(),
        (Some(EC2), Some(P_256), Some(x), Some(y)) => {
            Reader::new(y).bytes().ok().and_then(|y| PublicKey::es256_xy(x, y).ok())
        }
        _ => None,
    })
}
