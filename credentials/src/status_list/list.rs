//! The values themselves: packed from the lowest bit up (4.1), compressed with zlib.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Serialize};

use crate::Standing;

/// The most bytes of values in one list, and the most that a reader unpacks: 4 million entries of two bits.
pub const MAX_BYTES: usize = 1 << 20;

/// What one entry of our lists says (7.1). The number is the value in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Status {
    /// In force. Also what an entry says that nobody was given yet.
    Valid = 0,
    /// Withdrawn or replaced, for good.
    Invalid = 1,
    /// Not to be driven with now: red or hidden. May become valid again.
    Suspended = 2,
    /// In force, and a newer version is ready for its holder (application-specific value 0x03).
    RefreshNeeded = 3,
}

impl Status {
    /// The status with this value; `None` from 4 on, which no list of ours says.
    pub fn from_value(value: u8) -> Option<Self> {
        [Self::Valid, Self::Invalid, Self::Suspended, Self::RefreshNeeded].get(usize::from(value)).copied()
    }

    /// What [`crate::verify()`] makes of it. A list cannot tell red from hidden: both are shown red.
    pub fn standing(self) -> Standing {
        match self {
            Self::Valid | Self::RefreshNeeded => Standing::Active,
            Self::Invalid => Standing::Invalid,
            Self::Suspended => Standing::Suspended,
        }
    }
}

/// How many bits an entry has. Ours have two; the others exist to read lists of other issuers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Width {
    /// Valid or not.
    One,
    /// The four values of [`Status`].
    Two,
    /// Sixteen values.
    Four,
    /// A byte.
    Eight,
}

impl Width {
    /// The number of bits: 1, 2, 4 or 8.
    pub fn bits(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    /// The width of so many bits.
    pub fn from_bits(bits: u8) -> Option<Self> {
        [Self::One, Self::Two, Self::Four, Self::Eight].into_iter().find(|width| width.bits() == bits)
    }

    fn per_byte(self) -> u32 {
        8 / u32::from(self.bits())
    }

    fn mask(self) -> u8 {
        u8::MAX >> (8 - self.bits())
    }
}

impl From<Width> for u8 {
    fn from(width: Width) -> Self {
        width.bits()
    }
}

impl TryFrom<u8> for Width {
    type Error = &'static str;

    fn try_from(bits: u8) -> Result<Self, Self::Error> {
        Self::from_bits(bits).ok_or("an entry has 1, 2, 4 or 8 bits")
    }
}

/// Why a list was not made, changed or unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// No entries, or more than [`MAX_BYTES`] hold.
    #[error(
        "a status list has 1 to {MAX_BYTES} bytes of entries: open several lists instead of a longer one"
    )]
    Size,
    /// There is no such entry.
    #[error("index {index} is outside of the list, which has {entries} entries")]
    OutOfRange {
        /// The index asked for.
        index: u32,
        /// How many entries there are.
        entries: u32,
    },
    /// The value needs more bits than an entry has.
    #[error("a status of {0} does not fit an entry of this list")]
    TooWide(u8),
    /// The entry is invalid, which is final.
    #[error("entry {0} is invalid, which is final: issue a new credential with a new index")]
    Final(u32),
    /// Not zlib, cut short, or followed by other bytes.
    #[error("the packed list is damaged: not one whole zlib stream")]
    Damaged,
}

/// The status of every entry of one list.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusList {
    width: Width,
    bytes: Vec<u8>,
}

impl StatusList {
    /// A list in which every entry is valid. `entries` is rounded up to whole bytes.
    pub fn new(width: Width, entries: u32) -> Result<Self, ListError> {
        let bytes = usize::try_from(entries.div_ceil(width.per_byte())).map_err(|_| ListError::Size)?;
        Self::from_bytes(width, vec![0; sized(bytes)?])
    }

    /// A list of bytes that are packed already.
    pub fn from_bytes(width: Width, bytes: Vec<u8>) -> Result<Self, ListError> {
        sized(bytes.len()).map(|_| Self { width, bytes })
    }

    /// The bits of an entry.
    pub fn width(&self) -> Width {
        self.width
    }

    /// How many entries there are.
    pub fn entries(&self) -> u32 {
        u32::try_from(self.bytes.len()).expect("bounded by MAX_BYTES") * self.width.per_byte()
    }

    /// The packed bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The value of an entry.
    pub fn get(&self, index: u32) -> Result<u8, ListError> {
        let (at, shift) = self.place(index)?;
        Ok(self.bytes[at] >> shift & self.width.mask())
    }

    /// Puts a value into an entry, whatever was there.
    pub fn set(&mut self, index: u32, value: u8) -> Result<(), ListError> {
        let (at, shift) = self.place(index)?;
        if value > self.width.mask() {
            return Err(ListError::TooWide(value));
        }
        let rest = self.bytes[at] & !(self.width.mask() << shift);
        self.bytes[at] = rest | value << shift;
        Ok(())
    }

    /// Changes an entry, if it may: what is invalid stays so. Says whether anything changed.
    pub fn change(&mut self, index: u32, status: Status) -> Result<bool, ListError> {
        let old = self.get(index)?;
        if old == status as u8 {
            return Ok(false);
        }
        if old == Status::Invalid as u8 {
            return Err(ListError::Final(index));
        }
        self.set(index, status as u8).map(|()| true)
    }

    /// Compresses it as well as zlib can.
    pub fn pack(&self) -> Packed {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&self.bytes).expect("memory takes every byte");
        Packed { width: self.width, zlib: encoder.finish().expect("memory takes every byte") }
    }

    fn place(&self, index: u32) -> Result<(usize, u32), ListError> {
        let entries = self.entries();
        if index >= entries {
            return Err(ListError::OutOfRange { index, entries });
        }
        let per_byte = self.width.per_byte();
        Ok(((index / per_byte) as usize, index % per_byte * u32::from(self.width.bits())))
    }
}

/// Says how long a list is and how its entries are spread, which everybody can read anyway.
impl std::fmt::Debug for StatusList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatusList")
            .field("width", &self.width)
            .field("entries", &self.entries())
            .finish_non_exhaustive()
    }
}

/// A compressed list, as it goes into a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    width: Width,
    zlib: Vec<u8>,
}

impl Packed {
    /// What a token says; nothing is checked before [`unpack`](Self::unpack).
    pub fn new(width: Width, zlib: Vec<u8>) -> Self {
        Self { width, zlib }
    }

    /// The bits of an entry.
    pub fn width(&self) -> Width {
        self.width
    }

    /// The zlib stream (RFC 1950).
    pub fn as_bytes(&self) -> &[u8] {
        &self.zlib
    }

    /// Reads it back. Never makes more than [`MAX_BYTES`], however many the stream promises.
    pub fn unpack(&self) -> Result<StatusList, ListError> {
        let mut bytes = Vec::new();
        let mut decoder = ZlibDecoder::new(&self.zlib[..]).take(MAX_BYTES as u64 + 1);
        decoder.read_to_end(&mut bytes).map_err(|_| ListError::Damaged)?;
        let list = StatusList::from_bytes(self.width, bytes)?;
        if decoder.into_inner().total_in() != self.zlib.len() as u64 {
            return Err(ListError::Damaged);
        }
        Ok(list)
    }
}

fn sized(bytes: usize) -> Result<usize, ListError> {
    if (1..=MAX_BYTES).contains(&bytes) { Ok(bytes) } else { Err(ListError::Size) }
}
