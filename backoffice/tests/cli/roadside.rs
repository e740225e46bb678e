//! What a verifier at the roadside has in a folder, and what is shown to it.

use std::path::Path;

use sealwright_credentials::log::{Checkpoint, Entry, Frontier, Kind, LogEvidence, NoteKey};
use sealwright_credentials::mdoc::{
    DeviceSignature, Issuance, Mdl, MdlNames, MsoValidity, device_authentication, device_response,
    prepare as prepare_mdoc,
};
use sealwright_credentials::presentation::{Nonce, Presentation, prepare as prepare_show};
use sealwright_credentials::sd_jwt::{CredentialType, HolderKey, Salts, Terms, prepare as prepare_vc};
use sealwright_credentials::status_list::{Status, StatusList, Token, Width};
use sealwright_credentials::x509::{self, Subject, Validity, make_document_signer, make_root};
use sealwright_credentials::{
    Code, Content, Date, Digest, Ed25519Signer, Es256Signer, KeySet, KeyState, Serial, Sex, Signer,
    StatusReference, prepare,
};

pub(crate) const AT: i64 = 1_795_320_000;
pub(crate) const PHOTO: &[u8] = include_bytes!("../../../workflows/photos/accepted.jpg");

pub(crate) fn content() -> Content {
    let date = |y, m, d| Date::from_ymd_opt(y, m, d).unwrap();
    Content {
        issuer: "https://licences.example".into(),
        licence_number: "11010519491231002X".into(),
        expires: None,
        generated_at: AT - 60,
        serial: Serial::from_random([7; 10]),
        version: 1,
        name: "王小明".into(),
        sex: Sex::Male,
        birth_date: date(1949, 12, 31),
        nationality: "CHN".into(),
        classes: "C1E".into(),
        valid_from: date(2021, 9, 1),
        valid_until: Some(date(2031, 9, 1)),
        first_issue: date(1975, 5, 6),
        authority: "北京市公安局交通管理局".into(),
        archive_number: None,
        address: "北京市朝阳区建国路1号".into(),
        record: None,
        photo_digest: Digest::of(PHOTO),
        status_at_issue: "A".into(),
    }
}

pub(crate) fn pack(folder: &Path) {
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
    let (issuer, presenter) = (Ed25519Signer::from_seed(&[1; 32]), Ed25519Signer::from_seed(&[2; 32]));
    let wallet = Ed25519Signer::from_seed(&[3; 32]);
    let set = |key: &Ed25519Signer| KeySet::of([(key.public_key().clone(), KeyState::Active)]);
    write("keys.json", set(&issuer).to_json().as_bytes());
    write("keys.cbor", &set(&issuer).to_cose());
    write("presenters.json", set(&presenter).to_json().as_bytes());
    write("photo.jpg", PHOTO);
    write("other.jpg", include_bytes!("../../../workflows/photos/album.jpg"));

    let content = content();
    let code = prepare(&content, issuer.key_id(), issuer.algorithm()).unwrap().sign(&issuer).unwrap();
    write("code.txt", code.as_str().as_bytes());
    let shown = Presentation {
        serial: content.serial.clone(),
        version: 1,
        issued_at: AT,
        expires_at: AT + 60,
        nonce: Nonce::from_random([9; 8]),
        device: None,
        challenge: None,
    };
    for (name, key) in [("show.txt", &presenter), ("device-show.txt", &wallet)] {
        let shown = prepare_show(&shown, key.key_id(), key.algorithm()).unwrap();
        write(name, shown.sign(key).unwrap().as_str().as_bytes());
    }
    write("wallet.json", HolderKey::of(wallet.public_key()).jwk().as_bytes());
    write("not-wallet.json", HolderKey::of(presenter.public_key()).jwk().as_bytes());

    let licence = CredentialType::licence("https://licences.example/types/licence/1").unwrap();
    let (uri, holder) = ("https://licences.example/status/1", HolderKey::of(wallet.public_key()));
    let status = sealwright_credentials::StatusReference { uri: uri.into(), index: 4711 };
    let terms = Terms { holder: Some(&holder), status: Some(&status), ..Terms::of(&licence) };
    let salts = Salts::from_random(std::array::from_fn(|n| n as u8));
    let vc = prepare_vc(&content, &terms, issuer.key_id(), issuer.algorithm(), salts).unwrap();
    write("vc.txt", vc.sign(&issuer).unwrap().as_str().as_bytes());

    for (name, status, issued_at) in
        [("good", Status::Valid, AT), ("red", Status::Suspended, AT), ("stale", Status::Valid, AT - 90_000)]
    {
        let mut list = StatusList::new(Width::Two, 1 << 20).unwrap();
        if status != Status::Valid {
            list.change(4711, status).unwrap();
        }
        let token = Token {
            issuer: "https://licences.example",
            uri,
            aggregation_uri: "https://licences.example/status",
            issued_at,
            expires_at: issued_at + 3_600,
            ttl_s: 300,
            chain: &[],
        };
        write(&format!("{name}.jwt"), token.jwt(&list.pack(), &issuer).unwrap().as_bytes());
        write(&format!("{name}.cwt"), &token.cwt(&list.pack(), &issuer).unwrap());
    }
    mdocs(folder, &issuer, &wallet, &status);
    evidence(folder, &issuer, &code);
    let cut = std::fs::read(folder.join("good.jwt")).unwrap();
    write("cut.jwt", &cut[..cut.len() / 2]);
}

/// An mdoc, the root behind it and another one, and what a wallet shows of it in a session.
fn mdocs(folder: &Path, issuer: &Ed25519Signer, wallet: &Ed25519Signer, status: &StatusReference) {
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
    let subject =
        Subject { country: "CN".into(), common_name: "示例".into(), organisation: None, state: None };
    let validity = Validity { not_before: AT - 86_400, not_after: AT + 400 * 86_400 };
    let (contact, crl) = ("https://licences.example", "https://licences.example/crl");
    let terms = x509::Terms { subject: &subject, validity, contact, crl };
    let [root, other] = [4, 5].map(|n| Es256Signer::from_scalar(&[n; 32]).unwrap());
    let other = make_root(&terms, [4; 16], &other).unwrap();
    let certificate = make_root(&terms, [5; 16], &root).unwrap();
    let signer = make_document_signer(&terms, issuer.public_key(), [6; 16], &certificate, &root).unwrap();
    write("root.pem", certificate.to_pem().as_bytes());
    write("roots.pem", (other.to_pem() + &certificate.to_pem()).as_bytes());
    write("other-root.pem", other.to_pem().as_bytes());

    let content = content();
    let names = MdlNames::of_chinese(&content).unwrap();
    let technical_end = content.valid_until.unwrap();
    let mdl = Mdl { content: &content, names: &names, portrait: PHOTO, technical_end, ages: &[18] };
    let issuance = Issuance {
        chain: std::slice::from_ref(&signer),
        device_key: wallet.public_key(),
        validity: MsoValidity {
            signed: AT - 60,
            valid_from: AT - 60,
            valid_until: AT + 90 * 86_400,
            expected_update: None,
        },
        status: Some(status),
    };
    let mdoc = prepare_mdoc(&mdl, &issuance, &[7; 32]).unwrap().sign(issuer).unwrap();
    write("mdoc.cbor", mdoc.as_bytes());
    let mut forged = mdoc.as_bytes().to_vec();
    let at = forged.windows(3).position(|part| part == b"C1E").unwrap();
    forged[at] = b'A';
    write("forged.cbor", &forged);

    let session = b"\x83\xF6\xF6\xF6";
    write("session.cbor", session);
    write("other-session.cbor", b"\x83\xF6\xF6\x01");
    let message = device_authentication(session, wallet.algorithm()).unwrap();
    let signature =
        DeviceSignature { algorithm: wallet.algorithm(), signature: wallet.sign(&message).unwrap() };
    write("response.cbor", &device_response(&mdoc.disclose(|_, name| name == "age_over_18"), &signature));
}

/// Keys of which the issuer's was stolen, and what a log and its witness say of the code.
fn evidence(folder: &Path, issuer: &Ed25519Signer, code: &Code) {
    const ORIGIN: &str = "licences.example/log";
    const WITNESS: &str = "witness.example/w1";
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    let stolen = |since| KeySet::of([(issuer.public_key().clone(), KeyState::Compromised { since })]);
    write("stolen.json", stolen(AT + 5).to_json());
    write("stolen-before.json", stolen(AT - 30).to_json());

    let (log, witness) = (Ed25519Signer::from_seed(&[10; 32]), Ed25519Signer::from_seed(&[11; 32]));
    let trusted = |witness: &Ed25519Signer| {
        let log = NoteKey::log(ORIGIN, log.public_key()).unwrap();
        let witness = NoteKey::witness(WITNESS, witness.public_key()).unwrap();
        format!("log {log}\nwitness w {witness}\nquorum w\n")
    };
    write("trust.txt", trusted(&witness));
    write("other-trust.txt", trusted(&log));
    for (name, signed) in [("evidence.txt", code.signed_digest()), ("other-evidence.txt", Digest::of(b"x"))] {
        let entry = Entry { kind: Kind::Code, signed_at: AT - 60, signed };
        let mut tree = Frontier::default();
        tree.append(entry.leaf());
        let mut checkpoint = Checkpoint::of(ORIGIN, &tree).unwrap().sign(&log).unwrap();
        checkpoint.cosign(WITNESS, &witness, AT).unwrap();
        let evidence = LogEvidence { entry, index: 0, proof: Vec::new(), checkpoint: checkpoint.to_string() };
        write(name, evidence.to_string());
    }
}
