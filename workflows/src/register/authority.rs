//! The office that issues licences.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The office that issued the licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// Its code, by which roll-out and lists go. Not personal.
    pub code: AuthorityCode,
    /// Its name, as printed.
    pub name: String,
}

/// The code of an issuing authority: 1 to 16 letters (Chinese ones too, as in `苏B`), digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AuthorityCode(String);

/// An authority code that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the code of the issuing authority is not 1 to 16 letters, digits and hyphens; give the register's code, such as 320500 or 苏B"
)]
pub struct AuthorityCodeRefused;

impl AuthorityCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AuthorityCode {
    type Err = AuthorityCodeRefused;

    fn from_str(text: &str) -> Result<Self, AuthorityCodeRefused> {
        let fits = (1..=16).contains(&text.chars().count())
            && text.chars().all(|character| character.is_alphanumeric() || character == '-');
        fits.then(|| AuthorityCode(text.to_owned())).ok_or(AuthorityCodeRefused)
    }
}

impl TryFrom<String> for AuthorityCode {
    type Error = AuthorityCodeRefused;

    fn try_from(text: String) -> Result<Self, AuthorityCodeRefused> {
        text.parse()
    }
}

impl From<AuthorityCode> for String {
    fn from(code: AuthorityCode) -> Self {
        code.0
    }
}

impl fmt::Display for AuthorityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
