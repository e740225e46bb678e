//! Checkpoints and evidence: what a verifier believes, and what not.

use proptest::prelude::*;
use sealwright_credentials::log::{
    Checkpoint, CheckpointError, Entry, EvidenceError, Kind, LogEvidence, LogTrust, NoteKey,
    SignedCheckpoint, Trusted, leaf_hash,
};
use sealwright_credentials::{
    Code, Digest, Ed25519Signer, KeySet, KeyState, Signer, Verdict, sd_jwt, verify, verify_with,
};

use super::Log;
use crate::flips::{every_bit, random_bits};
use crate::sample::{NOON, code, content, signer};
use crate::sd_jwt::made;

const ORIGIN: &str = "licences.example/log";
const WITNESS: &str = "witness.example/w1";

fn log_key() -> Ed25519Signer {
    Ed25519Signer::from_seed(&[0x10; 32])
}

fn witness_key(n: u8) -> Ed25519Signer {
    Ed25519Signer::from_seed(&[0x20 + n; 32])
}

fn trust() -> LogTrust {
    LogTrust {
        log: NoteKey::log(ORIGIN, log_key().public_key()).expect("a name"),
        witnesses: vec![NoteKey::witness(WITNESS, witness_key(1).public_key()).expect("a name")],
        quorum: 1,
    }
}

fn entry(n: u64) -> Entry {
    let signed = if n == 4 { code(&content()).signed_digest() } else { Digest::of(&n.to_be_bytes()) };
    Entry { kind: Kind::Code, signed_at: NOON - 60 + n as i64, signed }
}

/// Of the sample code, fifth of eleven entries; witnessed half a minute later.
fn evidence() -> LogEvidence {
    let log = Log::of((0..11).map(|n| entry(n).leaf()));
    let mut signed = Checkpoint::of(ORIGIN, &log.tree).expect("an origin").sign(&log_key()).expect("signs");
    signed.cosign(WITNESS, &witness_key(1), NOON + 30).expect("signs");
    LogEvidence { entry: entry(4), index: 4, proof: log.inclusion(4, 11), checkpoint: signed.to_string() }
}

const GOLDEN: &str = include_str!("../golden/code.tlog-proof");

#[test]
fn evidence_that_was_made_once_is_believed_for_ever() {
    assert_eq!(evidence().to_string(), GOLDEN, "another byte is logged or signed than before");
    let read: LogEvidence = GOLDEN.parse().expect("in order");
    assert_eq!(read, evidence());
    let code: Code = include_str!("../golden/code.txt").trim_end().parse().expect("a code");
    let logged = read.check(&code.signed_digest(), &trust()).expect("logged");
    assert_eq!((logged.index, logged.witnessed_at), (4, NOON + 30));
    assert!(logged.before(NOON + 31) && !logged.before(NOON + 30));
}

/// The witness saw it at half past; a theft at any later second leaves it good, an earlier one does not.
#[test]
fn what_a_stolen_key_signed_is_believed_only_if_the_log_had_it_before_the_theft() {
    let stolen = |since| KeySet::of([(signer().public_key().clone(), KeyState::Compromised { since })]);
    let code = code(&content());
    let (proof, trust) = (evidence(), trust());
    let shown = Trusted { evidence: &proof, trust: &trust };
    let verdict = |since| verify_with(code.as_str(), &stolen(since), NOON, None, &shown).verdict;
    assert_eq!((verdict(NOON + 31), verdict(NOON + 30)), (Verdict::Valid, Verdict::Invalid));
    assert_eq!(verify(code.as_str(), &stolen(NOON + 31), NOON, None).verdict, Verdict::Invalid);
    // What the thief made since is in no log, and somebody else's proof is none.
    let forged = crate::sample::code(&sealwright_credentials::Content { version: 4, ..content() });
    let report = verify_with(forged.as_str(), &stolen(NOON + 31), NOON, None, &shown);
    assert_eq!(report.verdict, Verdict::Invalid);
    let nobody = LogTrust { quorum: 1, witnesses: Vec::new(), log: trust.log.clone() };
    let unwitnessed = Trusted { evidence: &proof, trust: &nobody };
    let report = verify_with(code.as_str(), &stolen(NOON + 31), NOON, None, &unwitnessed);
    assert_eq!(report.verdict, Verdict::Invalid);

    let prepared = made::prepared(&content(), &sd_jwt::Terms::of(&made::licence()), &signer());
    let credential = prepared.sign(&signer()).expect("signs");
    let entry = Entry { kind: Kind::SdJwtVc, signed_at: NOON, signed: *prepared.digest() };
    let log = Log::of([entry.leaf()]);
    let mut signed = Checkpoint::of(ORIGIN, &log.tree).expect("an origin").sign(&log_key()).expect("signs");
    signed.cosign(WITNESS, &witness_key(1), NOON + 30).expect("signs");
    let proof = LogEvidence { entry, index: 0, proof: log.inclusion(0, 1), checkpoint: signed.to_string() };
    let shown = Trusted { evidence: &proof, trust: &trust };
    let verdict = |since| {
        sd_jwt::verify_with(credential.as_str(), &stolen(since), NOON, &made::request(), &shown).verdict
    };
    assert_eq!((verdict(NOON + 31), verdict(NOON + 30)), (Verdict::Valid, Verdict::Invalid));
}

#[test]
fn every_flipped_bit_of_evidence_is_refused() {
    let signed = entry(4).signed;
    every_bit(GOLDEN.as_bytes(), |flipped, bit| {
        let Ok(text) = std::str::from_utf8(flipped) else { return };
        let believed = text.parse::<LogEvidence>().is_ok_and(|read| read.check(&signed, &trust()).is_ok());
        assert!(!believed, "bit {bit}");
    });
}

/// 1,000 more, 20 flips each.
#[test]
fn random_flips_of_random_evidence_are_refused() {
    let log = Log::of((0..1_000).map(|n| entry(n).leaf()));
    let mut signed = Checkpoint::of(ORIGIN, &log.tree).expect("an origin").sign(&log_key()).expect("signs");
    signed.cosign(WITNESS, &witness_key(1), NOON).expect("signs");
    for n in 0..1_000u64 {
        let whole = LogEvidence {
            entry: entry(n),
            index: n,
            proof: log.inclusion(n, 1_000),
            checkpoint: signed.to_string(),
        };
        assert!(whole.check(&entry(n).signed, &trust()).is_ok());
        random_bits(whole.to_string().as_bytes(), n as u32, 20, |flipped, bit| {
            let Ok(text) = std::str::from_utf8(flipped) else { return };
            let read = text.parse::<LogEvidence>();
            assert!(read.and_then(|read| read.check(&entry(n).signed, &trust())).is_err(), "{n}, bit {bit}");
        });
    }
}

#[test]
fn evidence_of_another_credential_log_or_witness_is_refused() {
    let good = evidence();
    let signed = entry(4).signed;
    assert_eq!(good.check(&entry(5).signed, &trust()), Err(EvidenceError::OtherCredential));

    let moved = LogEvidence { index: 5, ..good.clone() };
    assert_eq!(moved.check(&signed, &trust()), Err(EvidenceError::NotIncluded));
    let backdated = Entry { signed_at: 0, ..good.entry };
    let backdated = LogEvidence { entry: backdated, ..good.clone() };
    assert_eq!(backdated.check(&signed, &trust()), Err(EvidenceError::NotIncluded));
    let other_kind = LogEvidence { entry: Entry { kind: Kind::Mdoc, ..good.entry }, ..good.clone() };
    assert_eq!(other_kind.check(&signed, &trust()), Err(EvidenceError::NotIncluded));

    let stranger = |name, n| NoteKey::log(name, witness_key(n).public_key()).expect("a name");
    for log in [stranger(ORIGIN, 9), stranger("licences.example/other", 9), trust().witnesses[0].clone()] {
        let trust = LogTrust { log, ..trust() };
        let refused = Err(EvidenceError::Checkpoint(CheckpointError::Foreign));
        assert_eq!(good.check(&signed, &trust), refused);
    }
    let unknown = NoteKey::witness(WITNESS, witness_key(2).public_key()).expect("a name");
    for (witnesses, quorum) in [
        (vec![], 0),
        (vec![], 1),
        (trust().witnesses, 0),
        (trust().witnesses, 2),
        (vec![unknown], 1),
        // One witness twice is still one.
        ([trust().witnesses, trust().witnesses].concat(), 2),
    ] {
        let trust = LogTrust { witnesses, quorum, ..trust() };
        assert_eq!(good.check(&signed, &trust), Err(EvidenceError::TooFewWitnesses));
    }
    // The log's own signature has no time in it.
    let itself = LogTrust { witnesses: vec![trust().log], ..trust() };
    let refused = Err(EvidenceError::Checkpoint(CheckpointError::Foreign));
    assert_eq!(good.check(&signed, &itself), refused);
}

#[test]
fn a_quorum_says_when_enough_of_its_witnesses_had_seen_it() {
    let log = Log::numbered(7);
    let mut signed = Checkpoint::of(ORIGIN, &log.tree).expect("an origin").sign(&log_key()).expect("signs");
    let names = ["w1.example", "w2.example", "w3.example"];
    for (n, (name, at)) in names.into_iter().zip([300, 100, 200]).enumerate() {
        signed.cosign(name, &witness_key(n as u8), at).expect("signs");
    }
    let witnesses = names.into_iter().enumerate();
    let witnesses: Vec<_> = witnesses
        .map(|(n, name)| NoteKey::witness(name, witness_key(n as u8).public_key()).expect("a name"))
        .collect();
    for (quorum, at) in [(1, Some(100)), (2, Some(200)), (3, Some(300)), (4, None), (0, None)] {
        let trust = LogTrust { witnesses: witnesses.clone(), quorum, ..trust() };
        assert_eq!(signed.witnessed_at(&trust), Ok(at));
    }
    let read = SignedCheckpoint::open(&signed.to_string(), &trust().log).expect("in order");
    assert_eq!(read, signed);
    assert_eq!((read.checkpoint().size(), read.checkpoint().root()), (7, &log.tree.root()));
    assert_eq!(signed.cosign("w4", &witness_key(4), -1), Err(CheckpointError::Form));
    assert!(signed.cosign("w 4", &witness_key(4), 1).is_err());
}

#[test]
fn a_checkpoint_has_one_spelling() {
    let log = Log::numbered(3);
    let good =
        Checkpoint::of(ORIGIN, &log.tree).expect("an origin").sign(&log_key()).expect("signs").to_string();
    assert!(SignedCheckpoint::open(&good, &trust().log).is_ok());
    let text = good.split("\n\n").next().expect("a text");
    assert!(format!("{text}\n").parse::<Checkpoint>().is_ok());
    for (case, wrong) in [
        ("a leading zero", text.replace("\n3\n", "\n03\n")),
        ("a sign", text.replace("\n3\n", "\n+3\n")),
        ("a size beyond all trees", text.replace("\n3\n", "\n999999999999999999\n")),
        ("an extension line", format!("{text}\nmore")),
        ("no origin", text.replace(ORIGIN, "")),
        ("no root", text.rsplit_once('\n').expect("lines").0.to_owned()),
        ("base64 without padding", text.replace('=', "")),
        ("hex", text.replace("\n3\n", "\n0x3\n")),
    ] {
        assert_eq!(format!("{wrong}\n").parse::<Checkpoint>(), Err(CheckpointError::Form), "{case}");
    }
    for (case, wrong) in [
        ("no last newline", good.trim_end().to_owned()),
        ("another newline", format!("{good}\n")),
        ("a carriage return", good.replace('\n', "\r\n")),
        ("a hyphen for the dash", good.replace('\u{2014}', "-")),
        ("no signature", format!("{text}\n\n")),
        ("a signature cut short", format!("{text}\n\n\u{2014} {ORIGIN} AAAA\n")),
        ("33 signatures", format!("{text}\n\n{}", "\u{2014} x AAAAAAAA\n".repeat(33))),
        ("a text without end", "A".repeat(65 * 1024)),
    ] {
        assert!(
            matches!(SignedCheckpoint::open(&wrong, &trust().log), Err(CheckpointError::Note(_))),
            "{case}"
        );
    }
    for origin in ["", "two\nlines", "tab\t"] {
        assert_eq!(Checkpoint::of(origin, &log.tree), Err(CheckpointError::Form));
    }
}

#[test]
fn a_note_key_reads_what_it_writes_and_nothing_else() {
    for key in [trust().log, trust().witnesses[0].clone()] {
        let text = key.to_string();
        assert_eq!(text.parse::<NoteKey>(), Ok(key));
        every_bit(text.as_bytes(), |flipped, bit| {
            let Ok(text) = std::str::from_utf8(flipped) else { return };
            assert!(text.parse::<NoteKey>().is_err(), "bit {bit}");
        });
    }
    for name in ["", "a b", "a+b", "a\u{3000}b", "a\nb"] {
        assert!(NoteKey::log(name, log_key().public_key()).is_err(), "{name:?}");
    }
}

#[test]
fn an_entry_has_one_spelling() {
    let bytes = entry(4).to_bytes();
    assert_eq!(Entry::from_bytes(&bytes), Ok(entry(4)));
    assert_eq!(entry(4).leaf(), leaf_hash(&bytes));
    for length in 0..bytes.len() {
        assert!(Entry::from_bytes(&bytes[..length]).is_err());
    }
    assert!(Entry::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    every_bit(&bytes, |flipped, _| assert_ne!(Entry::from_bytes(flipped), Ok(entry(4))));
    for kind in [Kind::Code, Kind::SdJwtVc, Kind::Mdoc, Kind::Document] {
        let entry = Entry { kind, ..entry(1) };
        assert_eq!(Entry::from_bytes(&entry.to_bytes()), Ok(entry));
    }
}

proptest! {
    #[test]
    fn any_text_gets_an_answer(text in "(?s).{0,200}") {
        prop_assert!(text.parse::<LogEvidence>().is_err());
        prop_assert!(SignedCheckpoint::open(&text, &trust().log).is_err());
        let headed = format!("{}\n{text}", &evidence().to_string()[..22]);
        prop_assert!(headed.parse::<LogEvidence>().is_err());
    }
}
