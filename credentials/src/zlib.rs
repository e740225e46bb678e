//! zlib (RFC 1950) with exactly one encoding per input.
//!
//! A verifier compresses again and compares, so that nobody can write the same credential as another text. A
//! library's compressor may change with any update, and every code issued before would stop verifying; hence
//! this small one, fixed for as long as `SW1:` lives: a single block of the fixed Huffman codes, greedy, the
//! longest match, the nearest of equally long ones. Reading is left to a full implementation.

use flate2::{Decompress, FlushDecompress, Status};

const MIN_MATCH: usize = 3;
const MAX_MATCH: usize = 258;

/// Compresses `data`, which must be shorter than 32 KiB (the window of deflate).
pub(crate) fn compress(data: &[u8]) -> Vec<u8> {
    debug_assert!(data.len() < 0x8000);
    let mut out = Bits {
        bytes: Vec::with_capacity(data.len() + 16),
        pending: 0,
        count: 0,
    };
    out.bytes.extend([0x78, 0x01]);
    out.put(0b011, 3); // last block, fixed codes
    let mut chains = Chains::new(data);
    let mut at = 0;
    while at < data.len() {
        let (length, distance) = chains.longest_match(at);
        let step = if length >= MIN_MATCH {
            put_match(&mut out, length, distance);
            length
        } else {
            put_symbol(&mut out, data[at].into());
            1
        };
        (at..at + step).for_each(|position| chains.add(position));
        at += step;
    }
    put_symbol(&mut out, 256);
    let mut bytes = out.finish();
    bytes.extend(adler32(data).to_be_bytes());
    bytes
}

/// Decompresses one whole zlib stream of at most `max` bytes; `None` if it is broken, longer, cut short or
/// followed by something.
pub(crate) fn decompress(bytes: &[u8], max: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(max);
    let mut stream = Decompress::new(true);
    let status = stream
        .decompress_vec(bytes, &mut out, FlushDecompress::Finish)
        .ok()?;
    let whole = status == Status::StreamEnd && stream.total_in() == bytes.len() as u64;
    (whole && out.len() <= max).then_some(out)
}

/// Where the same three bytes stood before, nearest first.
struct Chains<'a> {
    data: &'a [u8],
    heads: [u16; 1024],
    previous: Vec<u16>,
}

const NONE: u16 = u16::MAX;

impl<'a> Chains<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            heads: [NONE; 1024],
            previous: vec![NONE; data.len()],
        }
    }

    /// The chain these three bytes belong to. Others may share it: matches compare bytes.
    fn slot(&self, at: usize) -> Option<usize> {
        let bytes = self.data.get(at..at + MIN_MATCH)?;
        let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
        Some((word.wrapping_mul(0x9E37_79B1) >> 22) as usize)
    }

    fn add(&mut self, at: usize) {
        if let Some(slot) = self.slot(at) {
            self.previous[at] = std::mem::replace(&mut self.heads[slot], at as u16);
        }
    }

    fn longest_match(&self, at: usize) -> (usize, usize) {
        let mut best = (0, 0);
        let mut candidate = self.slot(at).map_or(NONE, |slot| self.heads[slot]);
        while candidate != NONE {
            let from = usize::from(candidate);
            let pairs = self.data[at..].iter().zip(&self.data[from..]).take(MAX_MATCH);
            let length = pairs.take_while(|(a, b)| a == b).count();
            if length > best.0 {
                best = (length, at - from);
            }
            candidate = self.previous[from];
        }
        best
    }
}

fn put_match(out: &mut Bits, length: usize, distance: usize) {
    const LENGTHS: [u16; 29] = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163,
        195, 227, 258,
    ];
    const DISTANCES: [u16; 30] = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
        3073, 4097, 6145, 8193, 12289, 16385, 24577,
    ];
    let code = LENGTHS.partition_point(|base| usize::from(*base) <= length) - 1;
    put_symbol(out, 257 + code as u32);
    let extra = if (8..28).contains(&code) {
        code as u32 / 4 - 1
    } else {
        0
    };
    out.put(length as u32 - u32::from(LENGTHS[code]), extra);

    let code = DISTANCES.partition_point(|base| usize::from(*base) <= distance) - 1;
    out.put((code as u32).reverse_bits() >> 27, 5);
    let extra = if code >= 4 { code as u32 / 2 - 1 } else { 0 };
    out.put(distance as u32 - u32::from(DISTANCES[code]), extra);
}

/// The fixed Huffman codes (RFC 1951 3.2.6), which go most significant bit first.
fn put_symbol(out: &mut Bits, symbol: u32) {
    let (code, width) = match symbol {
        0..=143 => (0x30 + symbol, 8),
        144..=255 => (0x190 + symbol - 144, 9),
        256..=279 => (symbol - 256, 7),
        _ => (0xC0 + symbol - 280, 8),
    };
    out.put(code.reverse_bits() >> (32 - width), width);
}

/// Packs bits, least significant first.
struct Bits {
    bytes: Vec<u8>,
    pending: u64,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, width: u32) {
        self.pending |= u64::from(value) << self.count;
        self.count += width;
        while self.count >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.bytes.push(self.pending as u8);
        }
        self.bytes
    }
}

fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn repetition_is_found_at_every_length_and_distance() {
        for length in 1..600 {
            let data: Vec<u8> = (0..length).map(|i| (i / 300) as u8).collect();
            assert_eq!(decompress(&compress(&data), 1024), Some(data));
        }
        for distance in (1..30_000).step_by(37) {
            let mut data = b"needle in the hay".to_vec();
            data.extend((0..distance).map(|i: usize| (i.wrapping_mul(2_654_435_761) >> 13) as u8));
            data.extend(b"needle in the hay");
            assert_eq!(decompress(&compress(&data), 0x8000), Some(data));
        }
        assert!(compress(&[7; 2000]).len() < 40);
    }

    #[test]
    fn the_bytes_never_change() {
        assert_eq!(hex::encode(compress(b"")), "7801030000000001");
        assert_eq!(
            hex::encode(compress("驾驶证驾驶证 C1E C1E \u{20000}".as_bytes())),
            "78017bb9b3f1e59a8617bba73c5d3b194a29381bba82b142830f1b18000048c513c7",
        );
    }

    #[test]
    fn too_large_cut_short_and_followed_are_refused() {
        let data = [1; 100];
        let bytes = compress(&data);
        assert_eq!(decompress(&bytes, 100).as_deref(), Some(&data[..]));
        assert_eq!(decompress(&bytes, 99), None);
        assert_eq!(decompress(&bytes[..bytes.len() - 1], 100), None);
        assert_eq!(decompress(&[&bytes[..], &[0]].concat(), 100), None);
        assert_eq!(decompress(&[], 100), None);
    }

    proptest! {
        #[test]
        fn another_implementation_reads_it(data in prop::collection::vec(0..6u8, 0..900)) {
            let bytes = compress(&data);
            prop_assert_eq!(decompress(&bytes, 900), Some(data));
        }
    }
}
