use sealwright_credentials::Signer as _;
use sealwright_credentials::status_list::{
    CWT_MEDIA_TYPE, Expected, Packed, StatusList, Width, read_cwt, read_jwt,
};

use super::fixed::{ISSUER, KEYS, NOON, SIGNER, text as utf8};
use super::signed::{bstr, jws, sign1, tstr};

fn expected() -> Expected<'static> {
    Expected { issuer: ISSUER, uri: "https://licences.example/status/1", keys: &KEYS, at: NOON, seen: None }
}

/// A token of either form, or a packed list by itself.
pub(super) fn tokens(bytes: &[u8]) -> bool {
    let read = [read_jwt(utf8(bytes), &expected()), read_cwt(bytes, &expected())];
    let packed = [1, 2, 4, 8].map(|bits| {
        let width = Width::from_bits(bits).expect("a width");
        Packed::new(width, bytes.to_vec()).unpack()
    });
    let lists = read.iter().flatten().map(|read| read.list()).chain(packed.iter().flatten());
    lists.map(check).count() > 0
}

/// The claims of either form.
pub(super) fn claims(payload: &[u8]) -> bool {
    let kid = bstr(SIGNER.key_id().as_bytes());
    let protected = [&[0xA3, 0x01, 0x27, 0x04][..], &kid, &[0x10], &tstr(CWT_MEDIA_TYPE)].concat();
    let read = [
        read_jwt(&jws("statuslist+jwt", payload, &*SIGNER), &expected()),
        read_cwt(&sign1(&protected, &[], payload, &*SIGNER), &expected()),
    ];
    read.iter().flatten().map(|read| check(read.list())).count() > 0
}

/// Compressed streams have many spellings; lists have one.
fn check(list: &StatusList) {
    assert_eq!(StatusList::from_bytes(list.width(), list.as_bytes().to_vec()).as_ref(), Ok(list));
    assert!(list.get(list.entries() - 1).is_ok() && list.get(list.entries()).is_err());
    // Compressing is slow; a short list shows as much.
    if list.as_bytes().len() < 4_096 {
        assert_eq!(list.pack().unpack().as_ref(), Ok(list));
    }
}
