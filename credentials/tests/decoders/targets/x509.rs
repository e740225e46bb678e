use sealwright_credentials::x509::{Certificate, check_chain};

use super::fixed::{NOON, ROOT, text as utf8};

/// All that the root vouched for.
const GENUINE: [&[u8]; 2] =
    [include_bytes!("../corpus/x509/seed-signer"), include_bytes!("../corpus/x509/seed-es256-signer")];

/// A certificate in DER or PEM.
pub(super) fn certificate(bytes: &[u8]) -> bool {
    if check_chain(&[bytes], &*ROOT, NOON).is_ok() {
        assert!(GENUINE.contains(&bytes), "forged");
    }
    let read = Certificate::from_der(bytes).or_else(|_| Certificate::from_pem(utf8(bytes)));
    let Ok(certificate) = read else { return false };
    assert_eq!(Certificate::from_pem(&certificate.to_pem()).as_ref(), Ok(&certificate), "a second spelling");
    certificate.validity();
    certificate.is_issued_by(&ROOT[0]);
    true
}
