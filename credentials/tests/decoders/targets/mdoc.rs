use sealwright_credentials::mdoc::{DOC_TYPE, IssuerSigned, NAMESPACE_CN, Report, verify, verify_device};
use sealwright_credentials::{Digest, Signer as _};

use super::fixed::{DOCUMENT_SIGNER, NOON, PRESENTER, ROOT, SIGNER};
use super::signed::{bstr, cose_signature, head, tstr};

/// A session transcript; any array serves.
const TRANSCRIPT: &[u8] = &[0x83, 0xF6, 0xF6, 0x43, 0x01, 0x02, 0x03];

const PROTECTED: &[u8] = &[0xA1, 0x01, 0x27];

/// What a wallet is given.
pub(super) fn issuer_signed(bytes: &[u8]) -> bool {
    let report = verify(bytes, &*ROOT, NOON, None);
    told(&report);
    let Ok(read) = IssuerSigned::from_bytes(bytes.to_vec()) else {
        assert_eq!(report.document, None, "believed, and yet no mdoc");
        return false;
    };
    assert_eq!(read.as_bytes(), bytes);
    // Its maps may stand in any order; what is disclosed of it has one.
    let once = read.disclose(|_, _| true);
    assert_eq!(IssuerSigned::from_bytes(once.as_bytes().to_vec()), Ok(once.clone()));
    assert_eq!(once.disclose(|_, _| true), once, "a second spelling");
    assert_eq!(verify(once.as_bytes(), &*ROOT, NOON, None).document, report.document);
    true
}

/// What a reader is given.
pub(super) fn device_response(bytes: &[u8]) -> bool {
    let report = verify_device(bytes, TRANSCRIPT, &*ROOT, NOON, None);
    told(&report);
    verify_device(&[], bytes, &*ROOT, NOON, None);
    report.document.is_some()
}

/// What the issuer signed.
pub(super) fn security_object(payload: &[u8]) -> bool {
    let report = verify(&signed(&[0xA0], payload), &*ROOT, NOON, None);
    told(&report);
    report.document.is_some()
}

/// The value of one element.
pub(super) fn element(value: &[u8]) -> bool {
    let name = tstr("elementIdentifier");
    let item = [
        head(5, 4),
        [tstr("digestID"), vec![0], tstr("random"), bstr(&[7; 32])].concat(),
        [name, tstr("x"), tstr("elementValue"), value.to_vec()].concat(),
    ];
    let tagged = [vec![0xD8, 0x18], bstr(&item.concat())].concat();
    let namespaces = [head(5, 1), tstr(NAMESPACE_CN), head(4, 1), tagged.clone()].concat();

    let digests = [head(5, 1), tstr(NAMESPACE_CN), head(5, 1), vec![0], bstr(Digest::of(&tagged).as_bytes())];
    let time = |name: &str, at: &str| [tstr(name), vec![0xC0], tstr(at)].concat();
    let object = [
        head(5, 6),
        [tstr("version"), tstr("1.0"), tstr("digestAlgorithm"), tstr("SHA-256")].concat(),
        [tstr("valueDigests"), digests.concat()].concat(),
        [tstr("deviceKeyInfo"), head(5, 1), tstr("deviceKey"), PRESENTER.public_key().to_cose_key()].concat(),
        [tstr("docType"), tstr(DOC_TYPE), tstr("validityInfo"), head(5, 3)].concat(),
        time("signed", "2026-11-22T04:00:00Z"),
        time("validFrom", "2026-11-22T04:00:00Z"),
        time("validUntil", "2026-12-22T04:00:00Z"),
    ];
    let payload = [vec![0xD8, 0x18], bstr(&object.concat())].concat();
    let report = verify(&signed(&namespaces, &payload), &*ROOT, NOON, None);
    told(&report);
    report.document.is_some()
}

fn signed(namespaces: &[u8], payload: &[u8]) -> Vec<u8> {
    let signature = cose_signature(PROTECTED, &[], payload, &*SIGNER);
    [
        [head(5, 2), tstr("nameSpaces"), namespaces.to_vec(), tstr("issuerAuth"), head(4, 4)].concat(),
        [bstr(PROTECTED), vec![0xA1, 0x18, 0x21], bstr(DOCUMENT_SIGNER.as_der())].concat(),
        [bstr(payload), bstr(&signature)].concat(),
    ]
    .concat()
}

fn told(report: &Report) {
    serde_json::to_string(report).expect("a report is JSON");
}
