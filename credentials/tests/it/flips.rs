//! Bytes with one bit changed.

/// Calls `check` with every variant of `bytes` that differs in one bit.
pub(crate) fn every_bit(bytes: &[u8], mut check: impl FnMut(&[u8], usize)) {
    let mut flipped = bytes.to_vec();
    for bit in 0..bytes.len() * 8 {
        flipped[bit / 8] ^= 1 << (bit % 8);
        check(&flipped, bit);
        flipped[bit / 8] ^= 1 << (bit % 8);
    }
}

/// Calls `check` with `count` such variants, chosen by `seed`.
pub(crate) fn random_bits(bytes: &[u8], seed: u32, count: usize, mut check: impl FnMut(&[u8], usize)) {
    let mut flipped = bytes.to_vec();
    // SplitMix64.
    let mut state = u64::from(seed);
    for _ in 0..count {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bit = ((mixed ^ mixed >> 31) % (bytes.len() as u64 * 8)) as usize;
        flipped[bit / 8] ^= 1 << (bit % 8);
        check(&flipped, bit);
        flipped[bit / 8] ^= 1 << (bit % 8);
    }
}

/// As [`random_bits`] of a text: of those variants that are texts, and so have a reader. The highest bit stays.
pub(crate) fn random_bits_of_text(text: &str, seed: u32, count: usize, mut check: impl FnMut(&str, usize)) {
    let mut left = count;
    random_bits(text.as_bytes(), seed, count * 2, |flipped, bit| {
        if let (Ok(flipped), 1..) = (std::str::from_utf8(flipped), left) {
            left -= 1;
            check(flipped, bit);
        }
    });
    assert_eq!(left, 0, "too few of the variants are texts");
}
