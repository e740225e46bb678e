use sealwright_credentials::Signer as _;
use sealwright_credentials::presentation::{Asked, ShowCode, TYPE, TypedCode, prepare, reference, verify};

use super::fixed::{NOON, PRESENTER, PRESENTERS, text as utf8};
use super::signed::{bstr, sign1};

/// The show code as it is scanned, or the code that is typed instead of it.
pub(super) fn text(bytes: &[u8]) -> bool {
    let text = utf8(bytes);
    if let Ok(typed) = text.parse::<TypedCode>() {
        assert_eq!(typed.as_str().parse(), Ok(typed));
        return true;
    }
    let report = verify(text, &Asked::of(&PRESENTERS, NOON + 1));
    let named = reference(text);
    if text.parse::<ShowCode>().is_err() {
        assert!(report.presentation.is_none() && named.is_err(), "believed, and yet no show code");
        return false;
    }
    let cose = base45::decode(&text[5..]).expect("base45");
    assert_eq!(format!("SW1P:{}", base45::encode(cose)), text, "a second spelling");
    true
}

/// Its claims.
pub(super) fn claims(payload: &[u8]) -> bool {
    let protected = [&[0xA2, 0x01, 0x27, 0x04][..], &bstr(PRESENTER.key_id().as_bytes())].concat();
    let text = format!("SW1P:{}", base45::encode(sign1(&protected, TYPE.as_bytes(), payload, &*PRESENTER)));
    let report = verify(&text, &Asked::of(&PRESENTERS, NOON + 1));
    let Some(shown) = report.presentation else { return false };
    shown.burn();
    let again =
        prepare(&shown, PRESENTER.key_id(), PRESENTER.algorithm()).expect("what was read can be written");
    assert_eq!(again.sign(&*PRESENTER).expect("signs").as_str(), text, "a second spelling");
    true
}
