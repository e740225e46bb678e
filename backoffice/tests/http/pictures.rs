//! The card as PNG and PDF: drawn with the configured fonts, or refused with what is missing.
//!
//! In a program built with the feature `render` and with `SEALWRIGHT_TEST_FONTS` the pictures are drawn; in any other
//! the answer says what is not set up. `tests/run` tries both.

use reqwest::Method;
use serde_json::Value;

use crate::office::{Caller, applicant, problem};

/// What the server should draw in this build.
fn draws() -> bool {
    cfg!(feature = "render") && std::env::var_os("SEALWRIGHT_TEST_FONTS").is_some()
}

/// Looks at both pictures of somebody's card.
pub(crate) async fn are_drawn_or_missed(holder: &Caller, licence: &str) {
    let get = async |path: &str| holder.send(Method::GET, &format!("{licence}/{path}"), None, None).await;
    for (path, kind, begins) in [
        ("card.png", "image/png", &b"\x89PNG\r\n"[..]),
        ("card.png?page=secondary&form=print&scale=1", "image/png", b"\x89PNG\r\n"),
        ("card.pdf", "application/pdf", b"%PDF-1."),
    ] {
        let answer = get(path).await;
        if draws() {
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["content-type"]),
                (200, &kind.parse().unwrap())
            );
            assert_eq!(answer.headers()["cache-control"], "no-store");
            let bytes = answer.bytes().await.unwrap();
            assert!(bytes.starts_with(begins) && bytes.len() > 10_000, "{path}: {} bytes", bytes.len());
        } else {
            assert_eq!(answer.status(), 501, "{path}");
            let missing = problem(answer, "not-set-up").await;
            let told = if cfg!(feature = "render") { "no font is configured" } else { "draws SVG alone" };
            assert!(missing["detail"].as_str().unwrap().contains(told), "{missing}");
        }
    }
    problem(get("card.png?scale=7").await, "invalid").await;
    problem(get("card.png?live=0000-0000").await, "not-found").await;
    let (stranger, _) = applicant("suspended").await;
    let path = format!("{licence}/card.pdf");
    problem(stranger.send(Method::GET, &path, None, None).await, "not-found").await;
}

/// A name with a character that no font of the tests has.
pub(crate) async fn miss_a_glyph(holder: &Caller, licence: &str) {
    if !draws() {
        return;
    }
    let answer = holder.send(Method::GET, &format!("{licence}/card.png"), None, None).await;
    assert_eq!(answer.status(), 501);
    let missing: Value = problem(answer, "not-set-up").await;
    let detail = missing["detail"].as_str().unwrap();
    assert!(detail.contains("of name") && !detail.contains('𠅤'), "{missing}");
}
