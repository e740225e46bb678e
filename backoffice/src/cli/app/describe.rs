//! An application for people.

use serde_json::Value;

use crate::cli::output::text;

/// An application for people.
pub(crate) fn describe(application: &Value) -> String {
    let mut lines = String::new();
    let mut line = |name: &str, value: &str| lines.push_str(&format!("{name:<12} {value}\n"));
    for (name, field) in [("application", "id"), ("phase", "phase"), ("version", "version"), ("path", "path")]
    {
        line(name, &text(application, field));
    }
    let waiting = &application["waiting_on"];
    if waiting.is_object() {
        line("waits for", &format!("{} ({})", text(waiting, "kind"), text(waiting, "why")));
    }
    if !application["due"].is_null() {
        let provisional = application["due_provisional"] == true;
        let note = if provisional { "  (provisional: that year's calendar is not loaded)" } else { "" };
        line("due", &format!("{}{note}", text(application, "due")));
    }
    let actions: Vec<_> =
        application["allowed_actions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !actions.is_empty() {
        line("possible", &actions.join(", "));
    }
    if let Some(url) = application["liveness"]["url"].as_str() {
        line("liveness", url);
    }
    for reason in application["reasons"].as_array().into_iter().flatten() {
        line("reason", &format!("{} {}", text(reason, "text_en"), text(reason, "fix_en")));
    }
    if application["refusal"].is_object() {
        let refusal = &application["refusal"];
        line("refused", &format!("{}: {}", text(refusal, "code"), text(refusal, "text_en")));
    }
    if !application["serial"].is_null() {
        line(
            "licence",
            &format!("{}, version {}", text(application, "licence"), text(application, "licence_version")),
        );
        line("serial", &text(application, "serial"));
    }
    if !application["parked"].is_null() {
        line("parked", &text(application, "parked"));
    }
    for row in application["timeline"].as_array().into_iter().flatten() {
        lines.push_str(&format!("  {} {} {}\n", text(row, "at"), text(row, "command"), text(row, "events")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_description_says_what_there_is() {
        let application = json!({"id": "1", "phase": "photo", "version": 7, "allowed_actions": ["offer-photo", "withdraw"],
            "waiting_on": {"kind": "applicant", "why": "photo"}, "due": null, "refusal": null,
            "reasons": [{"text_en": "The background is not white.", "fix_en": "Stand before a wall."}]});
        let text = describe(&application);
        assert!(text.contains("possible     offer-photo, withdraw\n"), "{text}");
        assert!(text.contains("The background is not white. Stand before a wall."), "{text}");
        assert!(!text.contains("due") && !text.contains("refused") && !text.contains("serial"), "{text}");
    }
}
