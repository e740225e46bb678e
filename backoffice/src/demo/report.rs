//! What held, line by line.

use serde_json::{Value, json};

use sealwright_engine::Timestamp;
use sealwright_engine::clock::{Clock, SystemClock};

use crate::cli::exit::Failure;
use crate::cli::output::Output;
use crate::cli::progress::Progress;

/// Numbered lines, and the count at the end.
pub(super) struct Report {
    output: Output,
    progress: Progress,
    total: usize,
    played: usize,
    held: usize,
    begun: Timestamp,
    line_begun: Timestamp,
}

impl Report {
    pub(super) fn begin(output: &Output, total: usize) -> Self {
        let progress = Progress::begin(output, "starting a server", Some(total as u64));
        let begun = SystemClock.now();
        Self { output: *output, progress, total, played: 0, held: 0, begun, line_begun: begun }
    }

    /// What is played now.
    pub(super) fn next(&mut self, name: &str) {
        self.line_begun = SystemClock.now();
        self.progress.say(name);
    }

    /// What came of it.
    pub(super) fn line(&mut self, name: &str, outcome: Result<String, Failure>) -> Result<(), Failure> {
        self.played += 1;
        self.held += usize::from(outcome.is_ok());
        let seconds = SystemClock.now().since(self.line_begun).as_secs_f64();
        let value = line(self.played, name, seconds, &outcome);
        self.progress.done(self.played as u64);
        self.progress.aside(|| self.output.one(&value, || text(self.played, name, &outcome, &self.output)))
    }

    /// The last line; whether all held.
    pub(super) fn end(self) -> Result<bool, Failure> {
        let Self { output, progress, total, held, begun, .. } = self;
        drop(progress);
        let seconds = SystemClock.now().since(begun).as_secs_f64();
        let value = json!({"passed": held, "total": total, "seconds": round(seconds), "ok": held == total});
        output.one(&value, || format!("{held}/{total} in {seconds:.1} s"))?;
        Ok(held == total)
    }
}

fn line(number: usize, name: &str, seconds: f64, outcome: &Result<String, Failure>) -> Value {
    let mut value = json!({"n": number, "scene": name, "ok": outcome.is_ok(), "seconds": round(seconds)});
    match outcome {
        Ok(detail) => value["detail"] = detail.as_str().into(),
        Err(failure) => value["error"] = serde_json::to_value(failure).unwrap_or_default(),
    }
    value
}

fn text(number: usize, name: &str, outcome: &Result<String, Failure>, output: &Output) -> String {
    let (mark, detail) = match outcome {
        Ok(detail) => (output.verdict(true, "ok    "), detail.clone()),
        Err(failure) => (
            output.verdict(false, "FAILED"),
            failure.to_string().replace('\n', "\n                              "),
        ),
    };
    format!("{number:>4} {name:<17} {mark}  {detail}")
}

fn round(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::exit::Exit;

    #[test]
    fn a_line_says_what_held_and_what_did_not() {
        let plain = Output { json: false, quiet: true, colour: false };
        let held = Ok("issued".to_owned());
        assert_eq!(text(3, "camera", &held, &plain), "   3 camera            ok      issued");
        let failed = Err(Failure::new(Exit::Failed, "x", "it did not", "look").because("the reason"));
        let text = text(4, "album", &failed, &plain);
        assert!(text.starts_with("   4 album             FAILED  it did not\n"), "{text}");
        assert_eq!(text.lines().count(), 3);
    }

    #[test]
    fn a_line_of_json_has_its_facts() {
        let value = line(2, "camera", 0.123_456, &Ok("issued".into()));
        assert_eq!(
            value,
            json!({"n": 2, "scene": "camera", "ok": true, "seconds": 0.123, "detail": "issued"})
        );
        let failed = Err(Failure::new(Exit::Failed, "x", "no", ""));
        assert_eq!(line(1, "a", 0.0, &failed)["error"]["what"], "no");
    }
}
