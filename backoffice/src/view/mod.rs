//! What a screen shows: its own fold of the history, with the vault's help.

pub mod application;
pub mod information;
pub mod licence;
pub mod sweep;
