//! Signers over a real PKCS#11 module, SoftHSM 2 (Debian package `softhsm2`), with a token of its own.
//!
//! The module reads its configuration from the environment when it is loaded, so this program starts itself again
//! with it. `SEALWRIGHT_PKCS11_MODULE` names another path of the module.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use sealwright_credentials::signer::token::{KeyName, Token, TokenError};
use sealwright_credentials::{Algorithm, Custody, KeyDirectory, KeyFileError, KeyWatch, SignError, Signer};
use zeroize::Zeroizing;

const CONFIGURATION: &str = "SOFTHSM2_CONF";
const LABEL: &str = "documents";
const PIN: &str = "2468";
const P_256: &[u8] = &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
const P_384: &[u8] = &[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22];
const ED25519: &[u8] = &[0x06, 0x03, 0x2B, 0x65, 0x70];

fn main() {
    if std::env::var_os(CONFIGURATION).is_some() {
        return with_a_token();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let configuration = folder.path().join("softhsm2.conf");
    std::fs::create_dir(folder.path().join("tokens")).expect("ours");
    let tokens = format!("directories.tokendir = {}\n", folder.path().join("tokens").display());
    std::fs::write(&configuration, tokens).expect("ours");
    let program = std::env::current_exe().expect("this program");
    let status = Command::new(program).env(CONFIGURATION, &configuration).status().expect("it starts");
    assert!(status.success(), "{status}");
}

fn module() -> PathBuf {
    let named = std::env::var_os("SEALWRIGHT_PKCS11_MODULE").map(PathBuf::from);
    let module = named.unwrap_or_else(|| "/usr/lib/softhsm/libsofthsm2.so".into());
    assert!(module.exists(), "{} is not there: install softhsm2, or name it", module.display());
    module
}

fn pin(pin: &str) -> Zeroizing<String> {
    Zeroizing::new(pin.into())
}

fn make(session: &Session, mechanism: &Mechanism<'_>, curve: &[u8], label: &str, id: u8) {
    let named = [Attribute::Token(true), Attribute::Label(label.into()), Attribute::Id(vec![id])];
    let public = [&named[..], &[Attribute::Verify(true), Attribute::EcParams(curve.to_vec())]].concat();
    let private =
        [&named[..], &[Attribute::Sign(true), Attribute::Private(true), Attribute::Sensitive(true)]].concat();
    session.generate_key_pair(mechanism, &public, &private).expect("the token makes a key");
}

fn with_a_token() {
    let refused = Token::open(Path::new("no/such/module.so"), LABEL, &pin(PIN));
    assert!(matches!(refused, Err(TokenError::Token(_))));

    let refused = Token::open(&module(), LABEL, &pin(PIN)).err().expect("it is not made yet");
    assert!(refused.to_string().contains("no token is labelled `documents`"), "{refused}");

    let pkcs11 = Pkcs11::new(module()).expect("loaded");
    // Nobody holds the module any more, or somebody left it initialised: either will do.
    let _ = pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slot = pkcs11.get_all_slots().expect("a slot")[0];
    let officer = AuthPin::new("13579".into());
    pkcs11.init_token(slot, &officer, LABEL).expect("an empty slot");
    let slot = pkcs11.get_slots_with_initialized_token().expect("the token")[0];
    {
        let session = pkcs11.open_rw_session(slot).expect("a session");
        session.login(UserType::So, Some(&officer)).expect("its officer");
        session.init_pin(&AuthPin::new(PIN.into())).expect("a PIN");
    }
    let session = pkcs11.open_rw_session(slot).expect("a session");
    session.login(UserType::User, Some(&AuthPin::new(PIN.into()))).expect("its user");
    make(&session, &Mechanism::EccEdwardsKeyPairGen, ED25519, "ed25519", 1);
    make(&session, &Mechanism::EccKeyPairGen, P_256, "es256", 2);
    make(&session, &Mechanism::EccKeyPairGen, P_384, "es384", 3);
    make(&session, &Mechanism::EccKeyPairGen, P_256, "twice", 4);
    make(&session, &Mechanism::EccKeyPairGen, P_256, "twice", 5);
    session.logout().expect("logged in");

    let wrong = Token::open(&module(), LABEL, &pin("0000")).expect("the PIN is asked for later");
    assert!(matches!(wrong.signer(KeyName::Id(vec![1])), Err(TokenError::Token(_))));

    let token = Token::open(&module(), LABEL, &pin(PIN)).expect("the token");
    for (label, id, algorithm) in [("ed25519", 1, Algorithm::Ed25519), ("es256", 2, Algorithm::Es256)] {
        let signer = token.signer(KeyName::Label(label.into())).expect("a key");
        let again = token.signer(KeyName::Id(vec![id])).expect("the same key");
        assert_eq!((signer.algorithm(), signer.key_id()), (algorithm, again.key_id()));
        assert_eq!(*signer.key_id(), signer.public_key().key_id());
        for n in 0..32 {
            let message = format!("message {n}");
            let signature = signer.sign(message.as_bytes()).expect("signs");
            assert!(signer.public_key().verifies(message.as_bytes(), signature.as_bytes()), "{message}");
            assert!(!signer.public_key().verifies(b"another", signature.as_bytes()));
        }
        let empty = signer.sign(b"").expect("signs");
        assert!(signer.public_key().verifies(b"", empty.as_bytes()));

        // Whoever logs out does so for the whole process; the next signature logs in again.
        session.logout().expect("logged in");
        let signature = signer.sign(b"after a loss").expect("signs again");
        assert!(signer.public_key().verifies(b"after a loss", signature.as_bytes()));
        assert!(!format!("{signer:?}").contains(PIN));
    }

    for (name, why) in
        [("es384", "neither an Ed25519 nor a P-256"), ("twice", "2 public keys"), ("none", "0 public keys")]
    {
        let refused = token.signer(KeyName::Label(name.into())).expect_err(name);
        assert!(refused.to_string().contains(why), "{refused}");
    }

    in_a_key_directory(&token);

    // A token that is gone for good: unavailable, which is to be tried again.
    let signer = token.signer(KeyName::Label("ed25519".into())).expect("a key");
    drop(session);
    pkcs11.finalize().expect("initialised");
    assert!(matches!(signer.sign(b"too late"), Err(SignError::Unavailable(_))));
}

/// A token's keys live in a key directory beside those in files, and never leave the token.
fn in_a_key_directory(token: &Arc<Token>) {
    let home = tempfile::tempdir().expect("a folder");
    let open = || KeyDirectory::plain(home.path()).with_keychain(Arc::new(token.clone()));
    let keys = open();
    let first = keys.adopt("pkcs11:object=ed25519").expect("it is on the token");
    let (mut watch, ring) = KeyWatch::start(open()).expect("an active key");
    assert_eq!(ring.signer().expect("the first key signs").key_id(), &first);
    assert!(matches!(keys.adopt("pkcs11:id=%01"), Err(KeyFileError::Known { .. })), "the same key by its id");
    assert_eq!(keys.custody(&first), Custody::Token);

    // It gives way to a key in a file, and goes on finishing what was prepared for it.
    let second = keys.generate(Algorithm::Ed25519).expect("a new key");
    keys.rotate(Some(&second)).expect("it is pending");
    let ring = watch.check().expect("readable").expect("it changed").ring;
    assert_eq!(ring.signer().expect("a key").key_id(), &second);
    let old = ring.signer_of(&first).expect("still there");
    let signature = old.sign(b"prepared before").expect("signs");
    assert!(old.public_key().verifies(b"prepared before", signature.as_bytes()));
    let third = keys.adopt("pkcs11:id=%02").expect("it is on the token");
    let ring = open().load().expect("all is well");
    assert_eq!(ring.signer_for(Algorithm::Es256).expect("the first of its kind").key_id(), &third);

    let refused = |name: &str| keys.adopt(name).expect_err(name).to_string();
    for name in
        ["ed25519", "pkcs11:", "pkcs11:token=x", "pkcs11:object=", "pkcs11:id=%0", "pkcs11:object=a;id=%01"]
    {
        assert!(refused(name).contains("names no key"), "{name}");
    }
    assert!(refused("pkcs11:object=none").contains("0 public keys"));
    assert!(refused("pkcs11:object=es384").contains("neither"));

    // Without the token nothing of it signs, and the reason is told.
    let without = KeyDirectory::plain(home.path()).load().expect_err("a key is missing").to_string();
    assert!(without.contains("keys.token"), "{without}");
    // Somebody points a name at another key.
    let file = home.path().join(format!("{third}.token"));
    std::fs::write(&file, "pkcs11:object=ed25519").expect("ours");
    assert!(matches!(open().load(), Err(KeyFileError::OtherKey { .. })));

    // Withdrawn: its name goes, the token keeps the key.
    keys.compromise(&third, 0, None).expect("known");
    assert!(!file.exists() && token.signer(KeyName::Label("es256".into())).is_ok());
    keys.retire(&first, None).expect("it is verify-only");
    assert_eq!(KeyDirectory::plain(home.path()).load().expect("one key is left").key_set().iter().count(), 3);
}
