//! Asking before something that cannot be taken back.

use std::io::{self, BufRead, IsTerminal, Write};

use super::exit::{Exit, Failure};

/// Asks a person whether `what` shall be done. `yes` answers for scripts; without it and without a
/// terminal the answer is no.
pub(crate) fn confirm(what: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(refused(what, "there is no terminal to ask on"));
    }
    let mut answer = String::new();
    let _ = write!(io::stderr(), "{what}\nType yes to go on: ");
    let read = io::stdin().lock().read_line(&mut answer);
    match read {
        Ok(_) if answer.trim() == "yes" => Ok(()),
        Ok(_) => Err(refused(what, "the answer was not yes")),
        Err(error) => Err(refused(what, &error.to_string())),
    }
}

fn refused(what: &str, why: &str) -> Failure {
    Failure::new(
        Exit::Usage,
        "not-confirmed",
        format!("not done: {what}"),
        "Give --yes if this is what you want.",
    )
    .because(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_is_a_yes_and_no_terminal_is_a_no() {
        assert!(confirm("Erase it.", true).is_ok());
        // Tests run with a terminal only where a person runs them by hand.
        if !io::stdin().is_terminal() {
            let failure = confirm("Erase it.", false).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.what_to_do.contains("--yes"));
        }
    }
}
