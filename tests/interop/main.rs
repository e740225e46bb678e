//! What we issue, before verifiers that others wrote; and what others issue, before ours.
//!
//! Each is a small program beside this file that reads JSON and answers JSON, so that anybody can run it by hand.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

mod program;
mod served;

mod office;
mod sd_jwt;
