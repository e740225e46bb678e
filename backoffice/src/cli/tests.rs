use clap_complete::Shell;

use super::*;

const ID: &str = "019aa001-0000-7000-8000-000000000000";

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn no_command_is_dev() {
    let cli = Cli::try_parse_from(["sealwright"]).unwrap();
    assert!(cli.command.is_none() && cli.stops_itself() && !cli.json);
}

#[test]
fn global_flags_may_stand_anywhere() {
    for line in [&["sealwright", "--json", "app", "list"][..], &["sealwright", "app", "list", "--json"]] {
        assert!(Cli::try_parse_from(line).unwrap().json);
    }
    let cli =
        Cli::try_parse_from(["sealwright", "app", "show", ID, "--url", "http://h", "--key", "k"]).unwrap();
    assert_eq!(cli.connection.url.as_deref(), Some("http://h"));
}

#[test]
fn every_documented_command_is_there() {
    let lines = [
        "dev --port 0",
        "serve",
        "demo --json",
        "doctor",
        "migrate up",
        "migrate status",
        "app list",
        "app show ID",
        "app act ID submit",
        "review next",
        "review approve ID",
        "review reject ID background",
        "review undo ID",
        "verify code.txt",
        "verify mdoc.cbor --roots roots.pem --status a.jwt --status b.cwt --issuer https://a.example --at 2026-11-23T08:00:00Z",
        "verify vc.txt --keys k.json --nonce n --audience a --type t --evidence e --log-trust p",
        "verify SW1P:X --presenters p.json --device-key d.jwk --challenge 0011223344556677",
        "card code.txt --photo face.jpg --page secondary --form print --format pdf --out F --fonts a.ttc --fonts b.ttc",
        "card ID",
        "effect list",
        "effect redrive",
        "audit verify",
        "keys generate",
        "keys generate --algorithm es256 --now",
        "keys list",
        "keys rotate",
        "keys retire 0011223344556677 --yes",
        "keys compromise 0011223344556677 --reason stolen --since 2026-11-23T08:00:00Z --yes",
        "keys import key.pem",
        "keys export --format cose --out keys.cbor",
        "notice list",
        "notice preview photo_rejected --locale en --html",
        "log checkpoint",
        "log inclusion DIGEST",
        "log consistency kept.txt --log-key office.example/log+00112233+AQ==",
        "status show 1 --index 4711",
        "person show ID",
        "person erase ID --yes",
        "api-key create NAME --role reviewer",
        "workflow diagram licence",
        "workflow diagram application --format svg",
        "completions bash",
        "config check",
    ];
    for line in lines {
        let line = line.replace("DIGEST", &"0f".repeat(32)).replace("ID", ID);
        let words = std::iter::once("sealwright").chain(line.split(' '));
        assert!(Cli::try_parse_from(words).is_ok(), "{line}");
    }
}

#[test]
fn a_mistake_is_a_usage_error() {
    for line in [
        &["sealwright", "aap"][..],
        &["sealwright", "review", "reject", ID],
        &["sealwright", "app", "show", "no-id"],
        &["sealwright", "app"],
        &["sealwright", "verify", "x", "--nonce", "n"],
        &["sealwright", "verify", "x", "--evidence", "e"],
    ] {
        assert_eq!(Cli::try_parse_from(line).unwrap_err().exit_code(), Exit::Usage as i32, "{line:?}");
    }
}

#[test]
fn a_completion_script_names_the_commands() {
    let mut script = Vec::new();
    clap_complete::generate(Shell::Bash, &mut Cli::command(), "sealwright", &mut script);
    assert!(String::from_utf8(script).unwrap().contains("redrive"));
}
