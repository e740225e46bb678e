//! A function for every decoder that takes a stranger's bytes. Each must return whatever it is given, and checks what
//! holds for all that is accepted; the answer says whether the bytes were.
//!
//! Strangers cannot sign, so a target that ends in `_claims` signs its input first: it shows what stands behind the
//! signature. The tests beside this folder and the fuzzer in `credentials/fuzz` call the same functions.

mod fixed;
mod signed;

mod code;
mod key_sets;
mod log;
mod mdoc;
mod sd_jwt;
mod show;
mod status;
mod stored;
mod x509;

/// A decoder, and what it may take.
pub(crate) struct Target {
    /// Its folder in the corpora, and its program in `credentials/fuzz`.
    pub(crate) name: &'static str,
    /// Whether the bytes were accepted.
    pub(crate) run: fn(&[u8]) -> bool,
    /// The most memory it may hold at once, in bytes for each byte of input, beside a fixed [`ROOM`].
    pub(crate) factor: usize,
}

/// Bytes of memory that any decoder may hold, however short its input: keys, checks, error texts.
pub(crate) const ROOM: usize = 128 * 1024;

const fn target(name: &'static str, run: fn(&[u8]) -> bool, factor: usize) -> Target {
    Target { name, run, factor }
}

/// All of them.
pub(crate) const ALL: [Target; 21] = [
    target("code", code::text, 16),
    target("code_claims", code::claims, 64),
    target("cose_key_set", key_sets::cose, 64),
    target("jwk_set", key_sets::jwks, 64),
    target("log_checkpoint", log::checkpoint, 64),
    target("log_entry", log::entry, 16),
    target("log_evidence", log::evidence, 64),
    target("log_key", log::key, 16),
    target("mdoc", mdoc::issuer_signed, 64),
    target("mdoc_claims", mdoc::security_object, 64),
    target("mdoc_device", mdoc::device_response, 64),
    target("mdoc_elements", mdoc::element, 256),
    target("sd_jwt", sd_jwt::credential, 64),
    target("sd_jwt_claims", sd_jwt::claims, 256),
    target("sd_jwt_presentation", sd_jwt::presentation, 64),
    target("show", show::text, 16),
    target("show_claims", show::claims, 64),
    target("status_list", status::tokens, 64),
    target("status_list_claims", status::claims, 64),
    target("stored", stored::prepared, 64),
    target("x509", x509::certificate, 256),
];
