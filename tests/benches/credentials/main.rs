//! What credentials cost beside the bare signatures that they cannot do without.
//!
//! ```text
//! cargo bench -p sealwright-tests --bench credentials [-- --json] [--quick]
//! ```
//! *Issuing* is everything from the licence's fields to the credential's bytes: encode, hash, sign, seal; beside it
//! stands the signature alone, over the same bytes. *Verifying* is the whole report, from text or bytes; beside it
//! stands the verification of that signature alone (strict, where it is Ed25519). An mdoc needs a second one, of the
//! root's signature on the document signer's certificate: both count as bare.
//!
//! Times are of one core, as far as this program had it. Rounds of an operation and of what stands beside it
//! alternate, because machines differ from second to second; what is printed are medians over the rounds. `list` is a
//! status list of 1,000,000 entries, built, compressed and signed as JWT and CWT; its `seconds` are such seconds too.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking and reports by printing"
)]

mod list;
mod made;
mod rounds;

use made::Form;
use rounds::Plan;
use sealwright_credentials::{Ed25519Signer, Es256Signer, Signer};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if let Some(unknown) = arguments.iter().find(|one| !["--json", "--quick"].contains(&one.as_str())) {
        eprintln!("credentials: unknown option {unknown}; there are --json --quick");
        std::process::exit(2);
    }
    let (plan, json) = (Plan::of(has("--quick")), has("--json"));
    if !json {
        println!("Medians of {} rounds of {:?}, one core.\n", plan.rounds, plan.time);
        println!(
            "{:>9} {:>10} {:>8} {:>9} {:>9} {:>6} {:>6}",
            "operation", "form", "alg", "per s", "bare", "ratio", "bytes"
        );
    }
    for signer in signers() {
        for form in made::forms(signer) {
            print(&form, "issue", plan.alternate(&form.issue, &form.bare_sign), json);
            print(&form, "verify", plan.alternate(&form.verify, &form.bare_verify), json);
        }
    }
    for signer in signers() {
        list::measure(signer, plan.rounds, json);
    }
}

fn signers() -> [&'static dyn Signer; 2] {
    let ed25519 = Ed25519Signer::from_seed(&[1; 32]);
    let es256 = Es256Signer::from_scalar(&[4; 32]).unwrap();
    // As long as the program: what is measured borrows them.
    [Box::leak(Box::new(ed25519)), Box::leak(Box::new(es256))]
}

fn print(form: &Form, operation: &str, (per_s, bare_per_s): (f64, f64), json: bool) {
    let Form { name, algorithm, bytes, .. } = form;
    let ratio = per_s / bare_per_s;
    if json {
        let line = serde_json::json!({
            "operation": operation, "form": name, "algorithm": algorithm.jose(), "bytes": bytes,
            "per_s": per_s.round(), "bare_per_s": bare_per_s.round(), "ratio": (ratio * 1e3).round() / 1e3,
        });
        println!("{line}");
    } else {
        println!(
            "{operation:>9} {name:>10} {:>8} {per_s:>9.0} {bare_per_s:>9.0} {ratio:>6.2} {bytes:>6}",
            algorithm.jose()
        );
    }
}
