//! The HTTP API over real HTTP, with the sandbox around it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod office;
mod retained;
mod doors;
mod requests;
mod verifying;
