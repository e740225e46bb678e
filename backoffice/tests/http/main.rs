//! The HTTP API over real HTTP, with the sandbox around it.

mod office;
mod retained;
mod doors;
mod requests;
mod verifying;
