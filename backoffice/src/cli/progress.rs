//! How far long work is, on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;

/// A bar on stderr, or a spinner where nobody knows how much there is. It shows nothing where stderr is
/// no terminal, and it goes away when it is dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Begins to tell about `what`, of which there are `total`.
    pub(crate) fn begin(output: &Output, what: &'static str, total: Option<u64>) -> Self {
        let hidden = output.quiet || output.json;
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(total, target).with_message(what);
        let template = match total {
            Some(_) => "{bar:24} {pos}/{len} {msg} ({elapsed})",
            None => "{spinner} {msg} ({elapsed})",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// So many are done.
    pub(crate) fn done(&self, count: u64) {
        self.0.set_position(count);
    }

    /// Says what goes on now.
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.0.set_message(text.into());
    }

    /// Runs `print`, which writes to the terminal, without the bar in between.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
