//! Keys that are on a device: what waits for it holds nobody up.

use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

use sealwright_credentials::{
    Algorithm, Ed25519Signer, KeyDirectory, KeyId, Keychain, PublicKey, SignError, Signature, Signer,
    Verdict, verify,
};
use sealwright_workflows::licence::Portrait;

use crate::house::House;
use crate::signing::{known, perform, prepare, sign, stored};

/// Signs on a device, so to speak, and remembers on which threads.
struct Device {
    key: Ed25519Signer,
    threads: Arc<Mutex<Vec<ThreadId>>>,
}

impl Signer for Device {
    fn key_id(&self) -> &KeyId {
        self.key.key_id()
    }

    fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    fn may_block(&self) -> bool {
        true
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        self.threads.lock().expect("nobody panics with it").push(std::thread::current().id());
        self.key.sign(message)
    }
}

struct Drawer(Arc<Mutex<Vec<ThreadId>>>);

impl Keychain for Drawer {
    fn signer(&self, name: &str) -> Result<Arc<dyn Signer>, SignError> {
        assert_eq!(name, "device:1");
        let key = Ed25519Signer::from_seed(&[7; 32]);
        Ok(Arc::new(Device { key, threads: self.0.clone() }))
    }
}

#[tokio::test]
async fn a_device_signs_every_form_beside_the_threads_that_serve_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let threads = Arc::new(Mutex::new(Vec::new()));
    let keys = KeyDirectory::plain(folder.path()).with_keychain(Arc::new(Drawer(threads.clone())));
    keys.adopt("device:1").expect("a key");
    let house = House::with(|parts| parts.keys = keys.load().expect("the key")).await;
    let holder = known(&house).await;
    let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
    perform(&house, holder.licence, 3, sign(holder, &prepared)).await;
    let credential = stored(&house, holder).await;
    let now = house.engine.now().secs();
    let report = verify(credential.code.as_str(), house.office.keys().key_set(), now, None);
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.checks);
    assert!(credential.sd_jwt.is_some());
    let threads = threads.lock().expect("nobody panics with it");
    assert_eq!(threads.len(), 2, "two forms");
    assert!(!threads.contains(&std::thread::current().id()), "the test runs on the only thread that serves");
}
