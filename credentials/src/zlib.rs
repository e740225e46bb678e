//! The zlib frame (RFC 1950) around a code, with a stored block and therefore one spelling.
//!
//! Readers of health-certificate codes, whose pattern this follows, expect zlib between base45 and COSE, and
//! any inflater reads this. It does not compress: on a full licence deflate saved 3 of 454 bytes (signature,
//! digest and Chinese text do not shrink), while its output differs between implementations and versions, so
//! that no verifier could tell the one right spelling, and inflating is what bombs are made for.

/// Compression method and window, no preset dictionary, fastest; then: last block, stored.
const START: [u8; 3] = [0x78, 0x01, 0x01];

/// Frames `data`, which must be shorter than 5 kB (checksum arithmetic; codes are far smaller).
pub(crate) fn frame(data: &[u8]) -> Vec<u8> {
    debug_assert!(data.len() < 5_000);
    let length = data.len() as u16;
    let mut framed = Vec::with_capacity(data.len() + 11);
    framed.extend(START);
    framed.extend(length.to_le_bytes());
    framed.extend((!length).to_le_bytes());
    framed.extend(data);
    framed.extend(adler32(data).to_be_bytes());
    framed
}

/// The data in a frame that [`frame`] made; `None` for any other bytes.
pub(crate) fn unframe(framed: &[u8]) -> Option<&[u8]> {
    let rest = framed.strip_prefix(&START)?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (inverse, rest) = rest.split_first_chunk::<2>()?;
    let (data, checksum) = rest.split_last_chunk::<4>()?;
    let length = u16::from_le_bytes(*length);
    let whole = usize::from(length) == data.len() && u16::from_le_bytes(*inverse) == !length;
    (whole && data.len() < 5_000 && u32::from_be_bytes(*checksum) == adler32(data)).then_some(data)
}

/// The remainders can wait until the end: for data this short the sums fit.
fn adler32(data: &[u8]) -> u32 {
    let (a, b) =
        data.iter().fold((1u32, 0u32), |(a, b), byte| (a + u32::from(*byte), b + a + u32::from(*byte)));
    ((b % 65_521) << 16) | (a % 65_521)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use proptest::prelude::*;

    use super::*;

    fn inflated(framed: &[u8]) -> Option<Vec<u8>> {
        let mut data = Vec::new();
        flate2::read::ZlibDecoder::new(framed).read_to_end(&mut data).ok()?;
        Some(data)
    }

    #[test]
    fn the_largest_sums_fit() {
        let data = vec![0xFF; 4_999];
        assert_eq!(inflated(&frame(&data)), Some(data));
    }

    #[test]
    fn every_changed_bit_cut_and_addition_is_refused() {
        let framed = frame(b"licence");
        assert_eq!(unframe(&framed), Some(&b"licence"[..]));
        for bit in 0..framed.len() * 8 {
            let mut flipped = framed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unframe(&flipped), None, "bit {bit}");
        }
        for length in 0..framed.len() {
            assert_eq!(unframe(&framed[..length]), None);
        }
        assert_eq!(unframe(&[&framed[..], &[0]].concat()), None);
    }

    proptest! {
        #[test]
        fn any_inflater_reads_it(data in prop::collection::vec(any::<u8>(), 0..900)) {
            let framed = frame(&data);
            prop_assert_eq!(unframe(&framed), Some(&data[..]));
            prop_assert_eq!(inflated(&framed), Some(data));
        }

        #[test]
        fn what_is_read_has_one_spelling(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(data) = unframe(&bytes) {
                prop_assert_eq!(frame(data), bytes);
            }
        }
    }
}
