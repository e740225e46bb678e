//! How a command ends: its exit code, and what is said if it failed.

use std::fmt;
use std::process::ExitCode;

use serde::Serialize;

/// Exit codes, for scripts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It was done.
    Done = 0,
    /// It failed, for no reason below.
    Failed = 1,
    /// It was asked for in a way that cannot be understood.
    Usage = 2,
    /// What it is about does not exist.
    NotFound = 3,
    /// Something else happened first: a newer version, another person's lease.
    Conflict = 4,
    /// Not with this key.
    NotPermitted = 5,
    /// A rule says no, or a credential is not good.
    Refused = 6,
    /// Something does not answer now; the same again later may work.
    Unavailable = 7,
    /// Interrupted from the keyboard.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

impl Exit {
    /// For a problem that the server answered with. Codes that this program does not know are told
    /// by their HTTP status, so that a newer server is understood, too.
    pub(crate) fn of_problem(code: &str, status: u16) -> Self {
        match code {
            "bad-request"
            | "invalid"
            | "payload-too-large"
            | "unsupported-media"
            | "not-acceptable"
            | "idempotency-key-missing" => Exit::Usage,
            "not-found" => Exit::NotFound,
            "lease-lost" | "conflict" | "stale-version" | "idempotency-key-reused" => Exit::Conflict,
            "unauthenticated" | "not-permitted" => Exit::NotPermitted,
            "action-not-allowed" | "photo-rejected-preflight" => Exit::Refused,
            "busy" | "unavailable" | "storage-full" | "waiting-for-operator" => Exit::Unavailable,
            "internal" | "not-set-up" => Exit::Failed,
            _ => Exit::of_status(status),
        }
    }

    fn of_status(status: u16) -> Self {
        match status {
            400 | 413 | 415 => Exit::Usage,
            401 | 403 => Exit::NotPermitted,
            404 | 410 => Exit::NotFound,
            409 | 412 | 428 => Exit::Conflict,
            422 => Exit::Refused,
            408 | 429 | 502..=504 | 507 => Exit::Unavailable,
            _ => Exit::Failed,
        }
    }
}

/// Why a command failed: what happened, why, and what to do.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Failure {
    /// A stable code: the server's, or one of this program's.
    pub(crate) code: String,
    /// What happened.
    pub(crate) what: String,
    /// Why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) why: Vec<String>,
    /// What to do.
    pub(crate) what_to_do: String,
    /// The exit code.
    #[serde(serialize_with = "as_number")]
    pub(crate) exit: Exit,
}

fn as_number<S: serde::Serializer>(exit: &Exit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(*exit as u8)
}

impl Failure {
    /// A failure of this kind.
    pub(crate) fn new(
        exit: Exit,
        code: &str,
        what: impl Into<String>,
        what_to_do: impl Into<String>,
    ) -> Self {
        Self { exit, code: code.into(), what: what.into(), why: Vec::new(), what_to_do: what_to_do.into() }
    }

    /// With a reason.
    #[must_use]
    pub(crate) fn because(mut self, why: impl fmt::Display) -> Self {
        self.why.push(why.to_string());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.why.iter().try_for_each(|why| write!(f, "\n  why: {why}"))?;
        if self.what_to_do.is_empty() { Ok(()) } else { write!(f, "\n  to do: {}", self.what_to_do) }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let mut chain = error.chain();
        let what = chain.next().map(ToString::to_string).unwrap_or_default();
        let failure = Failure::new(Exit::Failed, "failed", what, "");
        chain.fold(failure, Failure::because)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_of_the_server_has_the_exit_code_that_the_manual_gives() {
        let expected = |code: &str| match code {
            "bad-request"
            | "invalid"
            | "payload-too-large"
            | "unsupported-media"
            | "not-acceptable"
            | "idempotency-key-missing" => 2,
            "not-found" => 3,
            "lease-lost" | "conflict" | "stale-version" | "idempotency-key-reused" => 4,
            "unauthenticated" | "not-permitted" => 5,
            "action-not-allowed" | "photo-rejected-preflight" => 6,
            "busy" | "unavailable" | "storage-full" | "waiting-for-operator" => 7,
            "internal" | "not-set-up" => 1,
            new => panic!("`{new}` needs a line in Exit::of_problem and here"),
        };
        for kind in sealwright::problem::KINDS {
            assert_eq!(Exit::of_problem(kind.1, kind.0) as u8, expected(kind.1), "{}", kind.1);
        }
    }

    #[test]
    fn an_unknown_problem_is_told_by_its_status() {
        for (status, exit) in [(404, 3), (412, 4), (403, 5), (422, 6), (503, 7), (500, 1), (400, 2), (418, 1)]
        {
            assert_eq!(Exit::of_problem("of-tomorrow", status) as u8, exit, "{status}");
        }
        assert_eq!(Exit::Interrupted as u8, 130);
    }

    #[test]
    fn a_failure_says_what_why_and_what_to_do() {
        let failure =
            Failure::new(Exit::Conflict, "stale", "it changed", "read it again").because("version 3");
        assert_eq!(failure.to_string(), "it changed\n  why: version 3\n  to do: read it again");
        let json = serde_json::to_value(&failure).unwrap();
        assert_eq!(json["exit"], 4);
    }

    #[test]
    fn the_causes_of_an_error_are_all_told() {
        let error = anyhow::anyhow!("disk").context("the store cannot be opened");
        assert_eq!(Failure::from(error).to_string(), "the store cannot be opened\n  why: disk");
    }
}
