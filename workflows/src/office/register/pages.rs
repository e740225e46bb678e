//! Pages of what changed, and of what there is.

use serde::Deserialize;
use serde_json::Value;

use crate::office::http::place_of;
use crate::register::{LicenceNumber, LicenceRecord, RecordDigest};

/// Bytes of a page: a thousand records of a few kilobytes.
pub const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// Changes on one page. Whoever performs a page does so within an effect's time.
pub const CHANGES_PER_PAGE: usize = 1_000;

/// Digests on one page; a pair takes 150 bytes.
pub const DIGESTS_PER_PAGE: usize = 20_000;

/// Bytes of a cursor: it stands in addresses and in the rows of a sweep.
pub const CURSOR_BYTES: usize = 256;

/// A page of changes.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangePage {
    /// What changed, oldest first, as far as the register keeps its word.
    pub changes: Vec<Change>,
    /// Where the next page begins.
    pub next: String,
    /// Whether there is more now. If not, `next` is where the next sweep begins.
    pub more: bool,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The record as it was when the register wrote the change down.
    Found(Box<LicenceRecord>),
    /// The register no longer knows this licence.
    Missing(LicenceNumber),
    /// It cannot be read. The text says where, and not what stands there.
    Unreadable(String),
}

/// A page of everything.
#[derive(Clone, Debug, PartialEq)]
pub struct DigestPage {
    /// Licences and the digests of their records.
    pub digests: Vec<(LicenceNumber, RecordDigest)>,
    /// How many lines of the page could not be read.
    pub unreadable: usize,
    /// Where the next page begins.
    pub next: String,
    /// Whether there is more.
    pub more: bool,
}

/// Why a page is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPage {
    #[error("its page cannot be read ({0})")]
    Shape(String),
    #[error("its page has {0} lines, and {1} are the most")]
    TooMany(usize, usize),
    #[error("its cursor is not 1 to {CURSOR_BYTES} visible ASCII characters")]
    Cursor,
    #[error("it says that there is more and leads nowhere: its next cursor is the present one")]
    Circle,
}

#[derive(Deserialize)]
struct Changes {
    changes: Vec<Value>,
    next: String,
    more: bool,
}

#[derive(Deserialize)]
struct Digests {
    digests: Vec<Value>,
    next: String,
    more: bool,
}

#[derive(Deserialize)]
struct Line {
    number: LicenceNumber,
    digest: RecordDigest,
}

impl ChangePage {
    /// Nothing behind `after`.
    pub(super) fn none_behind(after: &str) -> Self {
        Self { changes: vec![], next: after.to_owned(), more: false }
    }

    pub(super) fn read(body: &[u8], after: Option<&str>) -> Result<Self, NoPage> {
        let Changes { changes, next, more } = shape(body)?;
        check(changes.len(), CHANGES_PER_PAGE, &next, more, after)?;
        Ok(Self { changes: changes.into_iter().map(change).collect(), next, more })
    }
}

impl DigestPage {
    pub(super) fn read(body: &[u8], after: Option<&str>) -> Result<Self, NoPage> {
        let Digests { digests: lines, next, more } = shape(body)?;
        check(lines.len(), DIGESTS_PER_PAGE, &next, more, after)?;
        let all = lines.len();
        let read = lines.into_iter().filter_map(|line| serde_json::from_value::<Line>(line).ok());
        let digests: Vec<_> = read.map(|line| (line.number, line.digest)).collect();
        Ok(Self { unreadable: all - digests.len(), digests, next, more })
    }
}

fn shape<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, NoPage> {
    serde_json::from_slice(body).map_err(|error| NoPage::Shape(place_of(&error)))
}

fn check(lines: usize, most: usize, next: &str, more: bool, after: Option<&str>) -> Result<(), NoPage> {
    if lines > most {
        return Err(NoPage::TooMany(lines, most));
    }
    if !(1..=CURSOR_BYTES).contains(&next.len()) || !next.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(NoPage::Cursor);
    }
    if more && after == Some(next) {
        return Err(NoPage::Circle);
    }
    Ok(())
}

/// One line that cannot be read must not keep the others from being followed.
fn change(line: Value) -> Change {
    let Value::Object(mut line) = line else {
        return Change::Unreadable("a line is no object".into());
    };
    if let Some(record) = line.remove("record") {
        let read = serde_json::from_value::<LicenceRecord>(record);
        return match read {
            Ok(record) => Change::Found(Box::new(record)),
            Err(_) => Change::Unreadable("its `record` is not one".into()),
        };
    }
    match line.remove("missing").map(serde_json::from_value::<LicenceNumber>) {
        Some(Ok(number)) => Change::Missing(number),
        Some(Err(_)) => Change::Unreadable("its `missing` is no licence number".into()),
        None => Change::Unreadable("it has neither `record` nor `missing`".into()),
    }
}
