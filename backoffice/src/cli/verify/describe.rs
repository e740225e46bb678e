//! A report for people: the verdict, each check, and what is signed.

use serde_json::Value;

use crate::cli::output::{Output, text};

/// Characters of a value that are shown; a portrait has many more.
const SHOWN: usize = 120;

/// The report as lines.
pub(super) fn describe(report: &Value, output: &Output) -> String {
    let verdict = text(report, "verdict");
    let mut lines = format!("{}\n", output.verdict(verdict == "VALID", &verdict));
    for check in report["checks"].as_array().into_iter().flatten() {
        let mark = match check["passed"].as_bool() {
            Some(true) => "ok",
            Some(false) => "NO",
            None => "--",
        };
        lines.push_str(&format!("  {mark}  {:<14} {}\n", text(check, "name"), text(check, "detail")));
    }
    for part in ["content", "holder"] {
        for (name, value) in report[part].as_object().into_iter().flatten() {
            told(name, value, &mut lines);
        }
    }
    lines
}

/// A line for a value, and lines for claims and elements, which are many.
fn told(name: &str, value: &Value, lines: &mut String) {
    match (name, value) {
        (_, Value::Null) => {}
        ("claims" | "validity" | "signer", Value::Object(members)) => {
            members.iter().for_each(|(name, value)| told(name, value, lines));
        }
        ("elements", Value::Array(elements)) => {
            elements.iter().for_each(|element| told(&text(element, "identifier"), &element["value"], lines));
        }
        (name, value) => {
            let said = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let mut short: String = said.chars().take(SHOWN).collect();
            if short.len() < said.len() {
                short.push('…');
            }
            lines.push_str(&format!("  {name:<18} {short}\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_reads_as_verdict_checks_and_content() {
        let report = json!({
            "verdict": "SHOWN RED",
            "checks": [
                {"name": "signature", "passed": true, "detail": "it verifies"},
                {"name": "standing", "passed": false, "detail": "suspended"},
                {"name": "device", "passed": null, "detail": "not asked for"},
            ],
            "content": {
                "serial": "S1", "status": null, "claims": {"classes": ["C1"]},
                "elements": [{"namespace": "n", "identifier": "portrait", "value": "A".repeat(500)}],
            },
            "holder": {"name_masked": "王**"},
        });
        let output = Output { json: false, quiet: false, colour: false };
        let lines = describe(&report, &output);
        assert!(lines.starts_with("SHOWN RED\n  ok  signature"), "{lines}");
        for part in ["NO  standing", "--  device", "classes            [\"C1\"]", "AAA…", "王**"] {
            assert!(lines.contains(part), "{part}: {lines}");
        }
        assert!(!lines.contains("status ") && lines.lines().all(|line| line.chars().count() < 150));
    }
}
