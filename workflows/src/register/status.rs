//! The status of a licence: a set of letters, and what each means for the electronic licence
//! (`domain.md` 2.2 and 2.8).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The letters of a licence's status, such as `BDJ`: over points, suspended and out of use at once.
///
/// Written in alphabetical order; duplicates fall together. It may be empty, which no rule takes for normal.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StatusSet(u32);

/// One status letter, `A` to `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "char", into = "char")]
pub struct StatusLetter(char);

/// What a status does to the electronic licence. Later is more severe, and the most severe letter decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// May apply; shown green.
    Normal,
    /// May not apply; an issued one is still shown, in red, and does not entitle to drive. Reversible.
    Red,
    /// May not apply; an issued one is not shown. Reversible.
    Hidden,
    /// The licence has ended; an issued one is invalid for good.
    Void,
}

/// What each letter does. Letters differ between systems (K, P, R and Z certainly do), so this is
/// configuration: what a file names replaces the default, letter by letter, and the rest stays.
///
/// ```toml
/// [status]
/// P = "red"      # here P is an overdue examination
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<StatusLetter, Outcome>", into = "BTreeMap<StatusLetter, Outcome>")]
pub struct StatusPolicy {
    outcomes: BTreeMap<StatusLetter, Outcome>,
}

/// What a whole set comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The most severe member's outcome.
    pub outcome: Outcome,
    /// The letters that brought it about.
    pub decided_by: StatusSet,
    /// Set when the register said something that the policy does not know: to be reported to an operator.
    pub doubt: Option<Doubt>,
}

/// Why a status is not understood. The licence counts as hidden, or worse if another letter says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// No letter at all.
    #[error(
        "the register gave no status letter, so the licence is not shown; ask the authority for its status"
    )]
    NoStatus,
    /// Letters without a rule.
    #[error(
        "no rule is known for status {0}, so the licence is not shown; \
         ask the authority what it means and add it to the status policy"
    )]
    UnknownLetters(StatusSet),
}

/// A status that is not made of letters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the licence status cannot be read: place {place} of it is no capital letter A to Z; \
     map the register's codes to GA/T 16.25 letters such as \"A\" or \"BDJ\""
)]
pub struct StatusUnreadable {
    /// The first character at fault, counted from 1. The text itself is not repeated: it may be anybody's name.
    pub place: usize,
}

impl StatusSet {
    /// Whether the register gave no letter.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `letter` is in it.
    pub fn contains(self, letter: StatusLetter) -> bool {
        self.0 & letter.bit() != 0
    }

    /// Its letters, in alphabetical order.
    pub fn letters(self) -> impl Iterator<Item = StatusLetter> {
        ('A'..='Z').map(StatusLetter).filter(move |letter| self.contains(*letter))
    }
}

impl StatusLetter {
    /// The name of the status, English and Chinese, where all sources agree on one.
    pub fn name(self) -> Option<(&'static str, &'static str)> {
        LETTERS.iter().find(|row| row.0 == self.0).map(|row| (row.2, row.3))
    }

    /// The letter.
    pub fn as_char(self) -> char {
        self.0
    }

    fn bit(self) -> u32 {
        1 << (u32::from(self.0) - u32::from('A'))
    }
}

impl StatusPolicy {
    /// The rule for one letter; `None` for a letter nobody has explained.
    pub fn outcome(&self, letter: StatusLetter) -> Option<Outcome> {
        self.outcomes.get(&letter).copied()
    }

    /// The most severe member decides. An unknown letter and an empty set are hidden.
    pub fn judge(&self, status: StatusSet) -> Judgement {
        let severity = |letter| self.outcome(letter).unwrap_or(Outcome::Hidden);
        let outcome = status.letters().map(severity).max().unwrap_or(Outcome::Hidden);
        let decided_by = status.letters().filter(|letter| severity(*letter) == outcome).collect();
        let unknown: StatusSet = status.letters().filter(|letter| self.outcome(*letter).is_none()).collect();
        let doubt = if status.is_empty() {
            Some(Doubt::NoStatus)
        } else {
            (!unknown.is_empty()).then_some(Doubt::UnknownLetters(unknown))
        };
        Judgement { outcome, decided_by, doubt }
    }
}

impl Default for StatusPolicy {
    fn default() -> Self {
        let outcomes = LETTERS.iter().map(|row| (StatusLetter(row.0), row.1)).collect();
        StatusPolicy { outcomes }
    }
}

impl From<BTreeMap<StatusLetter, Outcome>> for StatusPolicy {
    fn from(changes: BTreeMap<StatusLetter, Outcome>) -> Self {
        let mut policy = StatusPolicy::default();
        policy.outcomes.extend(changes);
        policy
    }
}

impl From<StatusPolicy> for BTreeMap<StatusLetter, Outcome> {
    fn from(policy: StatusPolicy) -> Self {
        policy.outcomes
    }
}

impl FromStr for StatusSet {
    type Err = StatusUnreadable;

    fn from_str(text: &str) -> Result<Self, StatusUnreadable> {
        let letter = |(index, letter): (usize, char)| {
            StatusLetter::try_from(letter).map_err(|_| StatusUnreadable { place: index + 1 })
        };
        text.chars().enumerate().map(letter).collect()
    }
}

impl TryFrom<String> for StatusSet {
    type Error = StatusUnreadable;

    fn try_from(text: String) -> Result<Self, StatusUnreadable> {
        text.parse()
    }
}

impl TryFrom<char> for StatusLetter {
    type Error = StatusUnreadable;

    fn try_from(letter: char) -> Result<Self, StatusUnreadable> {
        if letter.is_ascii_uppercase() {
            Ok(StatusLetter(letter))
        } else {
            Err(StatusUnreadable { place: 1 })
        }
    }
}

impl From<StatusLetter> for char {
    fn from(letter: StatusLetter) -> Self {
        letter.0
    }
}

impl FromIterator<StatusLetter> for StatusSet {
    fn from_iter<I: IntoIterator<Item = StatusLetter>>(letters: I) -> Self {
        StatusSet(letters.into_iter().fold(0, |set, letter| set | letter.bit()))
    }
}

impl From<StatusSet> for String {
    fn from(set: StatusSet) -> Self {
        set.to_string()
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.letters().try_for_each(|letter| write!(f, "{}", letter.0))
    }
}

impl fmt::Debug for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusSet({self})")
    }
}

/// Letters, defaults and names of `domain.md` 2.8; the comment is where the default comes from.
#[rustfmt::skip]
const LETTERS: [(char, Outcome, &str, &str); 20] = [
    ('A', Outcome::Normal, "normal", "正常"),                           // 2.2: shown as normal
    ('B', Outcome::Red, "over points", "超分"),                         // 2.2: red code
    ('C', Outcome::Red, "transferred out", "转出"),                     // 2.2 [?], our proposal: held until it arrives
    ('D', Outcome::Red, "suspended", "暂扣"),                           // 2.2: red code
    ('E', Outcome::Void, "annulled", "撤销"),                           // 2.2: no longer displayed
    ('F', Outcome::Void, "revoked", "吊销"),                            // 2.2: no longer displayed
    ('G', Outcome::Void, "cancelled", "注销"),                          // 2.2: no longer displayed
    ('H', Outcome::Normal, "violation pending", "违法未处理"),          // 2.2: shown as normal
    ('I', Outcome::Normal, "accident pending", "事故未处理"),           // 2.2: shown as normal
    ('J', Outcome::Hidden, "out of use", "停止使用"),                   // 2.2: not displayed
    ('K', Outcome::Red, "detained", "扣押"),                            // 2.2: red code; [?] elsewhere 协查
    ('L', Outcome::Hidden, "locked", "锁定"),                           // 2.2: not displayed
    ('M', Outcome::Red, "renewal overdue", "逾期未换证"),               // 2.2: red code
    ('N', Outcome::Normal, "renewal deferred", "延期换证"),             // 2.2 [?]: normal within the extension; the validity gate holds its end
    ('P', Outcome::Normal, "examination deferred", "延期体检"),         // 2.2 [?]: as N; elsewhere P is overdue: set it to red there
    ('R', Outcome::Void, "cancelled, recoverable", "注销可恢复"),       // 2.2 [?], our proposal: as G; recovering issues anew
    ('S', Outcome::Red, "review overdue", "逾期未审验"),                // 2.2: red code
    ('T', Outcome::Normal, "review deferred", "延期审验"),              // 2.2 [?]: as N
    ('U', Outcome::Red, "seized", "扣留"),                              // 2.2: red code
    ('Z', Outcome::Hidden, "other", "其他"),                            // 2.2 "other": fail closed
];
