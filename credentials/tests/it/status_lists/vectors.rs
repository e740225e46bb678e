//! The vectors of the draft, sections 4.1 to 4.3 and appendix C.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sealwright_credentials::status_list::{Packed, StatusList, Width};

fn unpacked(width: Width, lst: &str) -> StatusList {
    let zlib = BASE64_URL_SAFE_NO_PAD.decode(lst).expect("base64url");
    Packed::new(width, zlib).unpack().expect("unpacks")
}

#[test]
fn sixteen_entries_of_one_bit() {
    let values = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1];
    let mut list = StatusList::new(Width::One, 16).expect("a size");
    for (index, value) in values.into_iter().enumerate() {
        list.set(index as u32, value).expect("in range");
    }
    assert_eq!(list.as_bytes(), [0xB9, 0xA3]);
    assert_eq!(hex::encode(list.pack().as_bytes()), "78dadbb918000217015d");
    assert_eq!(unpacked(Width::One, "eNrbuRgAAhcBXQ"), list);
}

#[test]
fn twelve_entries_of_two_bits() {
    let values = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
    let mut list = StatusList::new(Width::Two, 12).expect("a size");
    for (index, value) in values.into_iter().enumerate() {
        list.set(index as u32, value).expect("in range");
    }
    assert_eq!(list.as_bytes(), [0xC9, 0x44, 0xF9]);
    assert_eq!(hex::encode(list.pack().as_bytes()), "78da3be9f2130003df0207");
    assert_eq!(unpacked(Width::Two, "eNo76fITAAPfAgc"), list);
}

const ONE_BIT: &str = concat!(
    "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogE",
    "AAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAA",
    "A7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAA",
    "ACAZC8L2AEb",
);

const TWO_BITS: &str = concat!(
    "eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGVIAAAAAABAbiEBAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAEB5WwIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAID0ugQAAAAAAAAAAAAAAAAAQG12SgAAAAAAAAAAAAAAAAAAAAAAAAAAAOCSIQEAAAAA",
    "AAAAAAAAAAAAAAAAAAD8ExIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwJEuA",
    "QAAAAAAAAAAAAAAAAAAAAAAAMB9SwIAAAAAAAAAAAAAAAAAAACoYUoAAAAAAAAAAAAAAE",
    "BqH81gAQw",
);

const FOUR_BITS: &str = concat!(
    "eNrt0EENgDAQADAIHwImkIIEJEwCUpCEBBQRHOy35Li1EjoOQGabAgAAAAAAAAAAAAAAA",
    "AAAACC1SQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAABADrsCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAADoxaEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIIo",
    "CgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACArpwKAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAGhqVkAzlwIAAAAAiGVRAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABx3AoAgLpVAQAAAAAAAAAAAAAAwM89rwM",
    "AAAAAAAAAAAjsA9xMBMA",
);

/// 2^20 entries, and the few that are not 0.
#[test]
fn a_million_entries_of_each_width() {
    let one = [0, 1993, 25_460, 159_495, 495_669, 554_353, 645_645, 723_232, 854_545, 934_534, 1_000_345];
    let two = [
        (0, 1),
        (1993, 2),
        (25_460, 1),
        (159_495, 3),
        (495_669, 1),
        (554_353, 1),
        (645_645, 2),
        (723_232, 1),
        (854_545, 1),
        (934_534, 2),
        (1_000_345, 3),
    ];
    let four = [
        0, 1993, 35_460, 459_495, 595_669, 754_353, 845_645, 923_232, 924_445, 934_534, 1_004_534, 1_000_345,
        1_030_203, 1_030_204, 1_030_205,
    ];
    let four = four.into_iter().zip(1..).collect();
    for (width, lst, set) in [
        (Width::One, ONE_BIT, one.map(|index| (index, 1)).to_vec()),
        (Width::Two, TWO_BITS, two.to_vec()),
        (Width::Four, FOUR_BITS, four),
    ] {
        let read = unpacked(width, lst);
        assert_eq!(read.entries(), 1 << 20);
        let mut made = StatusList::new(width, 1 << 20).expect("a size");
        for (index, value) in set {
            assert_eq!(read.get(index), Ok(value), "{width:?} {index}");
            made.set(index, value).expect("in range");
        }
        assert!(read == made, "{width:?}: another entry is set");
        assert_eq!(made.pack().unpack().as_ref(), Ok(&made));
    }
}
