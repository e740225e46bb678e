//! Status lists from outside: the draft's own vectors, what a verifier must refuse, and golden tokens.

use proptest::prelude::*;
use sealwright_credentials::status_list::{
    Expected, ListError, MAX_BYTES, MAX_TOKEN, Packed, ReadError, Seen, Status, StatusList, Token,
    TokenError, Width, read_cwt, read_jwt,
};
use sealwright_credentials::{Ed25519Signer, Es256Signer, KeySet, KeyState, Signer};

use crate::flips::{every_bit, random_bits, random_bits_of_text};
use crate::sample::{NOON, keys, signer};

mod vectors;

const ISSUER: &str = "https://licences.example";
const URI: &str = "https://licences.example/status/1";

fn token() -> Token<'static> {
    Token {
        issuer: ISSUER,
        uri: URI,
        aggregation_uri: "https://licences.example/status",
        issued_at: NOON - 60,
        expires_at: NOON + 3_600,
        ttl_s: 300,
        chain: &[],
    }
}

/// 64 entries, with every status.
fn list() -> StatusList {
    let mut list = StatusList::new(Width::Two, 64).expect("a size");
    for (index, status) in [(0, Status::Invalid), (7, Status::Suspended), (63, Status::RefreshNeeded)] {
        assert_eq!(list.change(index, status), Ok(true));
    }
    list
}

fn expected(keys: &KeySet) -> Expected<'_> {
    Expected { issuer: ISSUER, uri: URI, keys, at: NOON, seen: None }
}

/// Both forms of a token over the same list.
fn both(token: &Token<'_>, signer: &dyn Signer) -> (String, Vec<u8>) {
    let packed = list().pack();
    (token.jwt(&packed, signer).expect("signs"), token.cwt(&packed, signer).expect("signs"))
}

/// Why both forms are refused, which must be for the same reason.
fn refusal(token: &Token<'_>, signer: &dyn Signer, expected: &Expected<'_>) -> ReadError {
    let (jwt, cwt) = both(token, signer);
    let error = read_jwt(&jwt, expected).expect_err("the JWT is refused");
    assert_eq!(read_cwt(&cwt, expected), Err(error.clone()));
    error
}

#[test]
fn a_token_says_what_the_list_says() {
    let keys = keys();
    let (jwt, cwt) = both(&token(), &signer());
    for read in [read_jwt(&jwt, &expected(&keys)), read_cwt(&cwt, &expected(&keys))] {
        let read = read.expect("in order");
        assert_eq!(read.list(), &list());
        assert_eq!(read.status(0), Ok(Status::Invalid));
        assert_eq!(read.status(7), Ok(Status::Suspended));
        assert_eq!(read.status(63), Ok(Status::RefreshNeeded));
        assert_eq!(read.status(1), Ok(Status::Valid));
        let outside = ListError::OutOfRange { index: 64, entries: 64 };
        assert_eq!(read.status(64), Err(ReadError::List(outside)));
        assert_eq!(read.seen(), Seen { issued_at: NOON - 60, entries: 64 });
        assert_eq!(read.refetch_at(NOON), NOON + 300);
        assert_eq!(read.refetch_at(NOON + 3_500), NOON + 3_600, "never beyond its end");
        assert_eq!(read.aggregation_uri(), "https://licences.example/status");
    }
}

#[test]
fn a_certificate_chain_may_stand_in_the_header_and_is_not_believed() {
    let keys = keys();
    for chain in [vec![vec![0x30, 0x03, 1, 2, 3]], vec![vec![0x30; 40], vec![0x31; 50]]] {
        let (jwt, cwt) = both(&Token { chain: &chain, ..token() }, &signer());
        assert!(read_jwt(&jwt, &expected(&keys)).is_ok());
        assert!(read_cwt(&cwt, &expected(&keys)).is_ok());
        let stranger = Ed25519Signer::from_seed(&[1; 32]);
        let error = refusal(&Token { chain: &chain, ..token() }, &stranger, &expected(&keys));
        assert_eq!(error, ReadError::Key);
    }
}

#[test]
fn what_is_stale_early_replayed_or_foreign_is_refused() {
    let keys = keys();
    let at = |at| Expected { at, ..expected(&keys) };
    let end = token().expires_at;
    assert!(read_jwt(&both(&token(), &signer()).0, &at(end - 1)).is_ok());
    assert_eq!(refusal(&token(), &signer(), &at(end)), ReadError::Stale);
    assert_eq!(refusal(&token(), &signer(), &at(i64::MAX)), ReadError::Stale);
    assert_eq!(refusal(&token(), &signer(), &at(NOON - 60 - 301)), ReadError::Times);
    assert_eq!(refusal(&token(), &signer(), &at(i64::MIN)), ReadError::Times);

    let seen = |issued_at, entries| Expected { seen: Some(Seen { issued_at, entries }), ..expected(&keys) };
    assert!(read_jwt(&both(&token(), &signer()).0, &seen(NOON - 60, 64)).is_ok());
    assert_eq!(refusal(&token(), &signer(), &seen(NOON - 59, 64)), ReadError::Replayed);
    assert_eq!(refusal(&token(), &signer(), &seen(NOON - 60, 128)), ReadError::Resized);

    for (issuer, uri) in [
        ("https://licences.example", "https://licences.example/status/2"),
        ("https://licences.example/", URI),
        ("https://elsewhere.example", URI),
        (URI, ISSUER),
    ] {
        let foreign = Expected { issuer, uri, ..expected(&keys) };
        assert_eq!(refusal(&token(), &signer(), &foreign), ReadError::Foreign);
    }
}

#[test]
fn only_a_key_that_may_verify_does() {
    let mut keys = keys();
    assert_eq!(refusal(&token(), &Ed25519Signer::from_seed(&[1; 32]), &expected(&keys)), ReadError::Key);
    assert_eq!(refusal(&token(), &signer(), &expected(&KeySet::default())), ReadError::Key);
    keys.put(signer().public_key().clone(), KeyState::VerifyOnly);
    assert!(read_jwt(&both(&token(), &signer()).0, &expected(&keys)).is_ok());
    keys.put(signer().public_key().clone(), KeyState::Retired);
    assert_eq!(refusal(&token(), &signer(), &expected(&keys)), ReadError::Key);
}

#[test]
fn a_token_that_readers_would_refuse_is_not_made() {
    let packed = list().pack();
    let long = "u".repeat(513);
    for wrong in [
        Token { uri: "", ..token() },
        Token { issuer: "", ..token() },
        Token { aggregation_uri: "", ..token() },
        Token { uri: &long, ..token() },
        Token { ttl_s: 0, ..token() },
        Token { issued_at: -1, ..token() },
        Token { expires_at: NOON - 60, ..token() },
        Token { expires_at: NOON - 60 + 86_401, ..token() },
    ] {
        assert!(matches!(wrong.jwt(&packed, &signer()), Err(TokenError::Refused(_))), "{wrong:?}");
        assert!(matches!(wrong.cwt(&packed, &signer()), Err(TokenError::Refused(_))), "{wrong:?}");
    }
    let endless = Packed::new(Width::Two, vec![0; MAX_TOKEN]);
    assert!(matches!(token().jwt(&endless, &signer()), Err(TokenError::TooLong(_))));
    assert!(matches!(token().cwt(&endless, &signer()), Err(TokenError::TooLong(_))));
}

#[test]
fn what_is_invalid_stays_invalid() {
    let mut list = list();
    for status in [Status::Valid, Status::Suspended, Status::RefreshNeeded] {
        assert_eq!(list.change(0, status), Err(ListError::Final(0)));
    }
    assert_eq!(list.change(0, Status::Invalid), Ok(false));
    assert_eq!(list.change(7, Status::Valid), Ok(true));
    assert_eq!(list.change(7, Status::Invalid), Ok(true));
    assert_eq!(list.get(7), Ok(1));
    assert_eq!(list.set(7, 4), Err(ListError::TooWide(4)));
}

#[test]
fn a_stream_that_inflates_without_end_is_cut_off() {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..128 {
        encoder.write_all(&[0; 1 << 20]).expect("to memory");
    }
    let bomb = encoder.finish().expect("to memory");
    assert!(bomb.len() < MAX_TOKEN / 8, "128 MiB in {} bytes", bomb.len());
    assert_eq!(Packed::new(Width::Two, bomb.clone()).unpack(), Err(ListError::Size));
    let keys = keys();
    let jwt = token().jwt(&Packed::new(Width::Two, bomb), &signer()).expect("signs");
    assert_eq!(read_jwt(&jwt, &expected(&keys)), Err(ReadError::List(ListError::Size)));
}

#[test]
fn a_stream_that_is_cut_or_continued_is_refused() {
    let packed = list().pack();
    let zlib = packed.as_bytes();
    let unpack = |bytes: &[u8]| Packed::new(Width::Two, bytes.to_vec()).unpack();
    assert_eq!(unpack(zlib), Ok(list()));
    for length in 0..zlib.len() {
        assert_eq!(unpack(&zlib[..length]), Err(ListError::Damaged), "cut to {length}");
    }
    assert_eq!(unpack(&[zlib, &[0]].concat()), Err(ListError::Damaged));
    assert_eq!(unpack(&[zlib, zlib].concat()), Err(ListError::Damaged));
    let nothing = StatusList::from_bytes(Width::Two, vec![]);
    assert_eq!(nothing, Err(ListError::Size));
    assert!(StatusList::from_bytes(Width::Two, vec![0; MAX_BYTES]).is_ok());
    assert_eq!(StatusList::from_bytes(Width::Two, vec![0; MAX_BYTES + 1]), Err(ListError::Size));
    assert_eq!(StatusList::new(Width::Two, 0), Err(ListError::Size));
    assert_eq!(StatusList::new(Width::Eight, u32::MAX), Err(ListError::Size));
}

#[test]
fn a_token_without_end_is_not_even_parsed() {
    let keys = keys();
    let long = "A".repeat(MAX_TOKEN + 1);
    assert_eq!(read_jwt(&long, &expected(&keys)), Err(ReadError::TooLong(long.len())));
    assert_eq!(read_cwt(long.as_bytes(), &expected(&keys)), Err(ReadError::TooLong(long.len())));
}

const GOLDEN_JWT: &str = include_str!("golden/status_list.jwt");
const GOLDEN_CWT: &[u8] = include_bytes!("golden/status_list.cwt");

/// Compressors change: the golden tokens must be readable for ever, and their claims made the same way.
#[test]
fn tokens_that_were_made_once_are_read_for_ever() {
    let keys = keys();
    let golden = GOLDEN_JWT.trim_end();
    assert_eq!(read_jwt(golden, &expected(&keys)).expect("in order").list(), &list());
    assert_eq!(read_cwt(GOLDEN_CWT, &expected(&keys)).expect("in order").list(), &list());
    let (jwt, cwt) = both(&token(), &signer());
    assert_eq!((jwt.as_str(), &cwt[..]), (golden, GOLDEN_CWT), "another byte is signed than before");
}

#[test]
fn every_flipped_bit_of_a_token_is_refused() {
    let es256 = Es256Signer::from_scalar(&[2; 32]).expect("in range");
    for signer in [&signer() as &dyn Signer, &es256] {
        let keys = KeySet::of([(signer.public_key().clone(), KeyState::Active)]);
        let (jwt, cwt) = both(&token(), signer);
        assert!(read_jwt(&jwt, &expected(&keys)).is_ok() && read_cwt(&cwt, &expected(&keys)).is_ok());
        every_bit(jwt.as_bytes(), |flipped, bit| {
            let Ok(text) = std::str::from_utf8(flipped) else { return };
            assert!(read_jwt(text, &expected(&keys)).is_err(), "bit {bit}");
        });
        every_bit(&cwt, |flipped, bit| {
            assert!(read_cwt(flipped, &expected(&keys)).is_err(), "bit {bit}");
        });
    }
}

/// 1,000 more lists, 20 flips of each form.
#[test]
fn random_flips_of_random_tokens_are_refused() {
    let keys = keys();
    for seed in 0..1_000u32 {
        let mut list = StatusList::new(Width::Two, 256).expect("a size");
        for index in 0..256 {
            list.set(index, (index.wrapping_mul(seed) >> 3 & 3) as u8).expect("in range");
        }
        let issued_at = NOON - 60 - i64::from(seed);
        let token = Token { issued_at, ..token() };
        let packed = list.pack();
        let jwt = token.jwt(&packed, &signer()).expect("signs");
        assert_eq!(read_jwt(&jwt, &expected(&keys)).expect("in order").list(), &list);
        random_bits_of_text(&jwt, seed, 20, |flipped, bit| {
            assert!(read_jwt(flipped, &expected(&keys)).is_err(), "seed {seed}, bit {bit}");
        });
        let cwt = token.cwt(&packed, &signer()).expect("signs");
        assert_eq!(read_cwt(&cwt, &expected(&keys)).expect("in order").list(), &list);
        random_bits(&cwt, seed, 20, |flipped, bit| {
            assert!(read_cwt(flipped, &expected(&keys)).is_err(), "seed {seed}, bit {bit}");
        });
    }
}

proptest! {
    #[test]
    fn values_come_back_from_any_width(
        bits in prop::sample::select(vec![1u8, 2, 4, 8]),
        values in prop::collection::vec(any::<u8>(), 1..300),
    ) {
        let width = Width::from_bits(bits).expect("a width");
        let values: Vec<_> = values.into_iter().map(|value| value & (u8::MAX >> (8 - bits))).collect();
        let mut list = StatusList::new(width, values.len() as u32).expect("a size");
        for (index, value) in values.iter().enumerate().rev() {
            list.set(index as u32, *value).expect("in range");
        }
        let read = list.pack().unpack().expect("unpacks");
        for (index, value) in values.iter().enumerate() {
            prop_assert_eq!(read.get(index as u32), Ok(*value));
        }
    }

    #[test]
    fn any_text_gets_an_answer(text in ".{0,300}") {
        prop_assert!(read_jwt(&text, &expected(&keys())).is_err());
        let headed = format!("{}.{text}", GOLDEN_JWT.split('.').next().expect("a header"));
        prop_assert!(read_jwt(&headed, &expected(&keys())).is_err());
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read_cwt(&bytes, &expected(&keys())).is_err());
        prop_assert!(Packed::new(Width::Two, bytes.clone()).unpack().is_err() || bytes[0] & 15 == 8);
    }
}
