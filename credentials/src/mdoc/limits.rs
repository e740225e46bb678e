/// The most bytes in a portrait. A phone reads it over Bluetooth at some 20 kB a second: far less is wise.
pub const MAX_PORTRAIT: usize = 256 * 1024;

/// The most bytes in one mdoc that is read: a portrait, everything else, and as much again in what others add.
pub const MAX_DOCUMENT: usize = 512 * 1024;

/// The most namespaces, and elements in one, that are read.
pub(super) const MAX_ENTRIES: u64 = 256;

/// The most certificates in a chain that are looked at.
pub(super) const MAX_CHAIN: u64 = 4;

/// Salt of each element: 16 bytes are the least that ISO/IEC 18013-5 9.1.2.5 allows.
pub(super) const MIN_RANDOM: usize = 16;
