//! What an office issued in the end, after a whole application: its SD-JWT VC, through both verifiers, from the vault and
//! as the HTTP API of a running office serves it.

use sealwright_credentials::sd_jwt::{Audience, SdJwt, issuer_metadata};
use sealwright_credentials::{Es256Signer, Signer};
use sealwright_engine::clock::{Clock, SystemClock};
use sealwright_tests::sweep::run;
use sealwright_tests::town::{Ground, LICENCE_TYPE, Plan, make_keys};
use sealwright_tests::{people, story};
use serde_json::{Value, json};

use crate::sd_jwt::{Answer, NODE, PYTHON};
use crate::served;

#[tokio::test]
async fn others_read_what_an_office_issued_and_see_the_disclosed_class_alone() {
    let folder = tempfile::tempdir().unwrap();
    let story = story::named("retained").unwrap();
    let (town, _) = run(&story, Plan::new(Ground::Memory, make_keys(folder.path()))).await;
    let office = town.office();
    let holder = office.dossiers().find(&people::number(story.applications[0])).await.unwrap().unwrap();
    let issued = office.dossiers().credential(holder.person, holder.licence, 1).await.unwrap().unwrap();
    let keys = office.keys();
    let metadata = issuer_metadata(office.issuer(), keys.key_set());
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let key = &metadata["jwks"]["keys"][0];

    let whole = issued.sd_jwt.unwrap();
    let class = whole.present(&["classes"]).unwrap();
    let forged = class.replacen(".ey", ".fy", 1);
    let case =
        |text: &str| json!({"text": text, "key": key, "vct": LICENCE_TYPE, "at": town.engine.now().secs()});
    let cases = [case(whole.as_str()), case(&class), case(&forged)];
    for program in [PYTHON, NODE] {
        let answers: Vec<Answer> = program.run("verify", &cases);
        let accepted: Vec<_> = answers.iter().map(|answer| answer.accepted).collect();
        assert_eq!(accepted, [true, true, false], "{program:?} {answers:?}");
        assert_eq!(answers[0].claims["licence_number"], people::number(story.applications[0]).as_str());
        assert!(answers[1].claims["classes"].is_array() && answers[1].claims.get("name").is_none());
        assert_eq!(answers[1].claims["iss"], office.issuer());
    }
}

/// Bound to the holder's wallet: shown by it to one verifier, with a key that the issuer publishes.
#[tokio::test]
async fn others_read_what_a_running_office_serves_and_its_wallet_shows() {
    const VERIFIER: &str = "https://rental.example";
    const NONCE: &str = "n-0S6";
    let wallet = Es256Signer::from_scalar(&[9; 32]).unwrap();
    let served = served::issued("retained", wallet.public_key()).await;
    let now = SystemClock.now().secs();
    let credential: SdJwt = served.sd_jwt.parse().unwrap();
    let audience = Audience { verifier: VERIFIER, nonce: NONCE, at: now };
    let shown = |wallet: &Es256Signer| credential.present_to(&audience, &["classes"], wallet);
    let shown = shown(&wallet).unwrap();
    assert!(shown.contains("~ey"), "the wallet signed");
    let forged = shown.replacen(".ey", ".fy", 1);
    let case = |text: &str, binding: bool| {
        let mut case = json!({
            "text": text, "key": served.issuer["jwks"]["keys"][0], "vct": served.credential_type["vct"], "at": now,
        });
        if binding {
            case["audience"] = VERIFIER.into();
            case["nonce"] = NONCE.into();
        }
        case
    };
    let cases = [case(&shown, true), case(&forged, true), case(&served.sd_jwt, false)];
    for program in [PYTHON, NODE] {
        let answers: Vec<Answer> = program.run("verify", &cases);
        let accepted: Vec<_> = answers.iter().map(|answer| answer.accepted).collect();
        assert_eq!(accepted, [true, false, true], "{program:?} {answers:?}");
        assert!(answers[0].claims["classes"].is_array() && answers[0].claims.get("name").is_none());
        assert_eq!(answers[2].claims["name"], "王小明");
        assert_eq!(answers[2].claims["iss"], served.issuer["issuer"]);
    }
}
