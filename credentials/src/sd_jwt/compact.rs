//! The compact serialization (RFC 9901 4): `<JWT>~<disclosure>~..~<disclosure>~[<key binding JWT>]`.

/// The longest text that is read, in bytes: a portrait fills most of it.
pub const MAX_LEN: usize = 160 * 1024;

/// The most disclosures that are read. A credential of ours has fewer than half as many.
pub const MAX_DISCLOSURES: usize = 64;

/// Why a text is not an SD-JWT.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// No tilde after a JWT.
    #[error("not an SD-JWT: there is no JWT followed by `~`")]
    Foreign,
    /// Longer than [`MAX_LEN`].
    #[error("the SD-JWT is longer than {MAX_LEN} bytes")]
    TooLong,
    /// More than [`MAX_DISCLOSURES`].
    #[error("the SD-JWT has more than {MAX_DISCLOSURES} disclosures")]
    TooMany,
    /// Nothing between two tildes.
    #[error("the SD-JWT has an empty disclosure")]
    EmptyDisclosure,
}

/// An SD-JWT between its tildes.
pub(super) struct Parts<'a> {
    pub(super) jwt: &'a str,
    pub(super) disclosures: Vec<&'a str>,
    /// The text that a key binding is bound to: all before it.
    pub(super) bound: &'a str,
    pub(super) key_binding: Option<&'a str>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(text: &'a str) -> Result<Self, FormError> {
        let (jwt, rest) = text.split_once('~').ok_or(FormError::Foreign)?;
        if jwt.bytes().filter(|b| *b == b'.').count() != 2 {
            return Err(FormError::Foreign);
        }
        if text.len() > MAX_LEN {
            return Err(FormError::TooLong);
        }
        let (before, last) =
            rest.rsplit_once('~').map_or((None, rest), |(before, last)| (Some(before), last));
        let disclosures: Vec<_> =
            before.into_iter().flat_map(|all| all.split('~')).take(MAX_DISCLOSURES + 1).collect();
        if disclosures.len() > MAX_DISCLOSURES {
            return Err(FormError::TooMany);
        }
        if disclosures.iter().any(|disclosure| disclosure.is_empty()) {
            return Err(FormError::EmptyDisclosure);
        }
        let key_binding = (!last.is_empty()).then_some(last);
        Ok(Self { jwt, disclosures, bound: &text[..text.len() - last.len()], key_binding })
    }
}
