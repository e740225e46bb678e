//! A code to be typed where there is no camera: eight characters, shown beside the QR for as long as it.

use std::fmt;
use std::str::FromStr;

/// No I, L, O and U: what people misread, or would rather not read.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Seven random characters and one to check them; printed as `7K3M-Q9TX`.
///
/// It says nothing by itself and cannot be computed from anything: the authority keeps it beside the
/// presentation that it stands for (unique among those that live), for 60 seconds at most, and burns both
/// together. There are 2^35 of them, and anybody can compute the check character, so guessing must be made
/// slow: with 1,000 live codes one guess hits with a chance of 1 in 34 million. Allow an account 5 wrong ones
/// a minute and an address 30; then lock it for some minutes, and let operators see it. Answer an unknown, an
/// expired and a used one alike.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TypedCode([u8; 8]);

impl TypedCode {
    /// A code out of 35 of these random bits.
    pub fn from_random(random: [u8; 5]) -> Self {
        let bits = random.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        let mut values = [0; 8];
        for (place, value) in values[..7].iter_mut().enumerate() {
            *value = (bits >> (5 * place) & 31) as u8;
        }
        values[7] = check(&values[..7]);
        Self(values.map(|value| ALPHABET[usize::from(value)]))
    }

    /// The eight characters, as they are stored and compared.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the alphabet is ASCII")
    }
}

/// What was typed is no such code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a code: it has eight letters and digits; look again, one of them is wrong or two changed places"
)]
pub struct NotATypedCode;

impl FromStr for TypedCode {
    type Err = NotATypedCode;

    /// Reads what people type: any case, with spaces and hyphens, O for 0, I and L for 1.
    fn from_str(text: &str) -> Result<Self, NotATypedCode> {
        // Longer than any way to write one.
        if text.len() > 32 {
            return Err(NotATypedCode);
        }
        let mut values = [0; 8];
        let mut count = 0;
        for c in text.chars().filter(|c| !matches!(c, ' ' | '-' | '\t' | '\r' | '\n')) {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            let value = ALPHABET.iter().position(|known| char::from(*known) == c).ok_or(NotATypedCode)?;
            *values.get_mut(count).ok_or(NotATypedCode)? = value as u8;
            count += 1;
        }
        if count == 8 && values[7] == check(&values[..7]) {
            Ok(Self(values.map(|value| ALPHABET[usize::from(value)])))
        } else {
            Err(NotATypedCode)
        }
    }
}

impl fmt::Display for TypedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = self.as_str().split_at(4);
        write!(f, "{first}-{last}")
    }
}

/// Never printed: whoever reads it in a log could use it.
impl fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedCode(..)")
    }
}

/// A weighted sum over GF(32), the weights being powers of x modulo x^5 + x^2 + 1. They all differ, so any one
/// wrong character and any two that changed places are found.
fn check(values: &[u8]) -> u8 {
    values.iter().fold(0, |sum, value| {
        let doubled = (sum ^ value) << 1;
        if doubled & 32 == 0 { doubled } else { doubled ^ 0b10_0101 }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_code_reads_as_it_is_written(random: [u8; 5]) {
            let code = TypedCode::from_random(random);
            prop_assert_eq!(code.to_string().parse(), Ok(code.clone()));
            prop_assert_eq!(code.as_str().to_lowercase().parse(), Ok(code.clone()));
            let sloppy = code.to_string().replace('0', "o").replace('1', "l").replace('-', " ");
            prop_assert_eq!(format!(" {sloppy} ").parse(), Ok(code));
        }

        #[test]
        fn every_wrong_character_and_every_change_of_places_is_found(random: [u8; 5]) {
            let code = TypedCode::from_random(random);
            for at in 0..8 {
                for other in ALPHABET.iter().filter(|other| **other != code.0[at]) {
                    let mut wrong = code.0;
                    wrong[at] = *other;
                    prop_assert!(String::from_utf8_lossy(&wrong).parse::<TypedCode>().is_err());
                }
                for with in 0..at {
                    let mut wrong = code.0;
                    wrong.swap(at, with);
                    let read = String::from_utf8_lossy(&wrong).parse::<TypedCode>();
                    prop_assert!(read.is_err() || wrong == code.0);
                }
            }
        }

        #[test]
        fn any_text_gets_an_answer(text in ".{0,40}") {
            if let Ok(code) = text.parse::<TypedCode>() {
                prop_assert_eq!(code.to_string().parse(), Ok(code));
            }
        }

        #[test]
        fn every_bit_counts(random: [u8; 5], bit in 0usize..35) {
            let mut other = random;
            other[4 - bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(TypedCode::from_random(random), TypedCode::from_random(other));
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in ["", "0000-000", "0000-00000", "UUUU-UUUU", "0000-0001", &"0".repeat(400)] {
            assert_eq!(text.parse::<TypedCode>(), Err(NotATypedCode), "{text}");
        }
        let code = TypedCode::from_random([1, 2, 3, 4, 5]);
        assert_eq!(format!("{code:?}"), "TypedCode(..)");
    }
}
