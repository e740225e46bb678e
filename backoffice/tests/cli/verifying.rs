//! Verifying without any network, and the card of a code.

use crate::roadside;
use crate::{done, exit, json, refused, run};

#[test]
fn a_verifier_without_any_network_tells_every_form_and_every_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    roadside::pack(folder);
    let noon = "--at 2026-11-22T04:00:10Z";
    for (line, exit_code, verdict, form) in [
        ("code.txt --keys keys.json", 0, "VALID", "code"),
        ("code.txt --keys keys.cbor", 0, "VALID", "code"),
        ("code.txt --keys presenters.json", 6, "UNKNOWN", "code"),
        ("show.txt --presenters presenters.json", 0, "VALID", "show_code"),
        ("show.txt --presenters keys.json", 6, "UNKNOWN", "show_code"),
        ("show.txt", 6, "UNKNOWN", "show_code"),
        ("show.txt --presenters presenters.json --challenge 0011223344556677", 6, "INVALID", "show_code"),
        ("vc.txt --keys keys.json", 0, "VALID", "sd_jwt"),
        ("vc.txt --keys keys.json --type other", 6, "INVALID", "sd_jwt"),
        ("vc.txt --keys keys.json --nonce n --audience a", 6, "INVALID", "sd_jwt"),
        ("vc.txt --keys keys.json --status good.jwt", 0, "VALID", "sd_jwt"),
        ("vc.txt --keys keys.json --status stale.jwt --status good.cwt", 0, "VALID", "sd_jwt"),
        ("vc.txt --keys keys.json --status red.cwt", 6, "SHOWN RED", "sd_jwt"),
        ("vc.txt --keys keys.json --status stale.jwt", 6, "UNKNOWN", "sd_jwt"),
        ("vc.txt --keys keys.json --status cut.jwt", 6, "UNKNOWN", "sd_jwt"),
        ("vc.txt --keys keys.json --status keys.json", 6, "UNKNOWN", "sd_jwt"),
        ("device-show.txt --device-key wallet.json", 0, "VALID", "show_code"),
        ("device-show.txt --device-key not-wallet.json", 6, "UNKNOWN", "show_code"),
        ("device-show.txt --presenters presenters.json", 6, "UNKNOWN", "show_code"),
        // The issuer's key does not speak for a device that it does not name.
        ("show.txt --presenters presenters.json --device-key wallet.json", 6, "INVALID", "show_code"),
        ("mdoc.cbor --roots root.pem", 0, "VALID", "mdoc"),
        ("mdoc.cbor --roots roots.pem", 0, "VALID", "mdoc"),
        ("mdoc.cbor --roots other-root.pem", 6, "UNKNOWN", "mdoc"),
        ("mdoc.cbor", 6, "UNKNOWN", "mdoc"),
        ("forged.cbor --roots root.pem", 6, "INVALID", "mdoc"),
        (
            "mdoc.cbor --roots root.pem --keys keys.json --issuer https://licences.example --status good.cwt",
            0,
            "VALID",
            "mdoc",
        ),
        (
            "mdoc.cbor --roots root.pem --keys keys.json --issuer https://licences.example --status red.jwt",
            6,
            "SHOWN RED",
            "mdoc",
        ),
        ("mdoc.cbor --roots root.pem --keys keys.json --status good.cwt", 6, "UNKNOWN", "mdoc"),
        ("response.cbor --roots root.pem --session session.cbor", 0, "VALID", "device_response"),
        ("response.cbor --roots root.pem --session other-session.cbor", 6, "INVALID", "device_response"),
        ("response.cbor --roots root.pem", 6, "UNKNOWN", "device_response"),
    ] {
        let output = run(folder, &format!("verify {line} {noon} --json"));
        assert_eq!(exit(&output), exit_code, "{line}: {output:?}");
        let report = json(&output.stdout);
        assert_eq!(
            (&report["verdict"], &report["form"]),
            (&verdict.into(), &form.into()),
            "{line}: {report}"
        );
    }
    let late = "verify show.txt --presenters presenters.json --at 2026-11-22T04:01:00Z --json";
    assert_eq!(json(&run(folder, late).stdout)["verdict"], "EXPIRED CODE");
    refused(folder, "verify vc.txt --keys keys.json --status absent.jwt", 3, "absent.jwt");
    refused(folder, "verify vc.txt --keys keys.json --roots keys.json", 2, "no certificate");
    refused(folder, "verify show.txt --challenge zz", 2, "8 to 16 bytes");
    refused(
        folder,
        "verify vc.txt --keys keys.json --evidence show.txt --log-trust keys.json",
        2,
        "evidence",
    );
    refused(folder, "verify vc.txt --url http://127.0.0.1:1", 2, "offline");
    let told = run(folder, &format!("verify vc.txt --keys keys.json {noon}"));
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.starts_with("VALID\n") && told.contains("not consulted") && told.contains("C1"), "{told}");
}

/// What a stolen key signed is good only with evidence from before the theft, and whoever has other evidence is told why
/// it does not help.
#[test]
fn evidence_saves_a_document_or_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    roadside::pack(folder);
    for (line, verdict, passed, why) in [
        (
            "--keys stolen.json --evidence evidence.txt --log-trust trust.txt",
            "VALID",
            Some(true),
            "2026-11-22T04:00:00Z",
        ),
        (
            "--keys stolen-before.json --evidence evidence.txt --log-trust trust.txt",
            "INVALID",
            Some(true),
            "2026-11-22T04:00:00Z",
        ),
        (
            "--keys stolen.json --evidence other-evidence.txt --log-trust trust.txt",
            "INVALID",
            Some(false),
            "another credential",
        ),
        (
            "--keys stolen.json --evidence evidence.txt --log-trust other-trust.txt",
            "INVALID",
            Some(false),
            "too few trusted witnesses",
        ),
        (
            "--keys keys.json --evidence other-evidence.txt --log-trust trust.txt",
            "VALID",
            None,
            "not consulted",
        ),
    ] {
        let output = run(folder, &format!("verify code.txt {line} --at 2026-11-22T04:00:10Z --json"));
        let report = json(&output.stdout);
        assert_eq!(report["verdict"], verdict, "{line}: {report}");
        let check = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "evidence");
        let check = check.unwrap_or_else(|| panic!("{line}: nothing is said of the evidence: {report}"));
        assert_eq!(check["passed"].as_bool(), passed, "{line}: {check}");
        assert!(check["detail"].as_str().unwrap().contains(why), "{line}: {check}");
    }
    let alone = run(folder, "verify code.txt --keys stolen.json --at 2026-11-22T04:00:10Z --json");
    assert_eq!(json(&alone.stdout)["verdict"], "INVALID");
    refused(folder, "verify code.txt --keys keys.json --evidence evidence.txt", 2, "--log-trust");
}

#[test]
fn a_card_is_drawn_of_a_code_with_its_own_photo_alone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    roadside::pack(folder);
    let card = "card code.txt --keys keys.json --at 2026-11-22T04:00:10Z";
    let drawn = run(folder, &format!("{card} --photo photo.jpg"));
    let drawn = String::from_utf8_lossy(&drawn.stdout).into_owned();
    assert!(drawn.starts_with("<svg") && drawn.contains("王小明") && drawn.contains("正常"), "{drawn:.200}");
    let made =
        done(folder, &format!("{card} --photo photo.jpg --page secondary --form print --out back.svg"));
    let back = std::fs::read(folder.join("back.svg")).unwrap();
    assert_eq!(made["bytes"], back.len());
    assert!(String::from_utf8_lossy(&back).contains("148mm"));
    refused(folder, card, 2, "--photo");
    refused(folder, &format!("{card} --photo other.jpg"), 6, "digest");
    refused(folder, "card show.txt --keys keys.json --photo photo.jpg", 2, "no licence code");
    refused(folder, "card code.txt --keys presenters.json --photo photo.jpg", 6, "UNKNOWN");
    #[cfg(not(feature = "render"))]
    refused(folder, &format!("{card} --photo photo.jpg --format png"), 2, "--features render");
    #[cfg(feature = "render")]
    refused(folder, &format!("{card} --photo photo.jpg --format png"), 2, "no font is configured");
}
