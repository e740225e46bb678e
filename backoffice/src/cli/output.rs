//! Data to stdout, notes to stderr; for people as text, for programs as JSON.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use serde_json::Value;

use super::exit::{Exit, Failure};
use super::table::Table;

/// Where a command's words go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// JSON: one object, or one a line.
    pub(crate) json: bool,
    /// No notes.
    pub(crate) quiet: bool,
    /// Colours, on a terminal that wants them.
    pub(crate) colour: bool,
}

impl Output {
    /// From the flags and the environment (`NO_COLOR`, `TERM=dumb`).
    pub(crate) fn new(json: bool, quiet: bool, no_colour: bool) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { json, quiet, colour: !no_colour && !unwanted && !json && io::stdout().is_terminal() }
    }

    /// Prints one thing: as an object, or as `text` says it.
    pub(crate) fn one(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.json { self.line(&json(value)) } else { self.line(text().trim_end_matches('\n')) }
    }

    /// Prints many things: an object a line, or a table. An empty table says `none` as a note.
    pub(crate) fn many(
        &self,
        values: &[Value],
        none: &str,
        table: impl FnOnce() -> Table,
    ) -> Result<(), Failure> {
        if self.json {
            return values.iter().try_for_each(|value| self.line(&json(value)));
        }
        if values.is_empty() {
            self.note(none);
            return Ok(());
        }
        self.line(table().render(self.colour).trim_end_matches('\n'))
    }

    /// Prints a line of data.
    pub(crate) fn line(&self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Prints data as it is.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(()),
            // The reader of a pipe has seen enough: no reason to complain, and none to go on.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                Err(Failure::new(Exit::Done, "pipe-closed", "nobody reads the output any more", ""))
            }
            Err(error) => {
                Err(Failure::new(Exit::Failed, "output", "the output cannot be written", "").because(error))
            }
        }
    }

    /// Tells people something that is no data. A terminal that is gone is no reason to stop.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Tells why it failed.
    pub(crate) fn failure(&self, failure: &Failure) {
        if failure.exit == Exit::Done {
            return;
        }
        let text = if self.json {
            json(&serde_json::json!({ "error": failure }))
        } else {
            format!("error: {failure}")
        };
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// `text` in bold green or red.
    pub(crate) fn verdict(&self, good: bool, text: &str) -> String {
        match (self.colour, good) {
            (false, _) => text.to_owned(),
            (true, true) => format!("\u{1b}[1;32m{text}\u{1b}[0m"),
            (true, false) => format!("\u{1b}[1;31m{text}\u{1b}[0m"),
        }
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| format!("{{\"error\":\"unprintable: {error}\"}}"))
}

/// A text inside JSON, or a dash.
pub(crate) fn text<'v>(value: &'v Value, field: &str) -> std::borrow::Cow<'v, str> {
    match &value[field] {
        Value::Null => "-".into(),
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}
