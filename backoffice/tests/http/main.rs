//! The HTTP API over real HTTP, with the sandbox around it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod doors;
mod keys;
mod office;
mod published;
mod register;
mod requests;
mod retained;
mod showing;
mod sweeps;
mod verifying;
