//! What an office issued in the end, after a whole application: its SD-JWT VC, through both verifiers.

use sealwright_credentials::sd_jwt::issuer_metadata;
use sealwright_tests::sweep::run;
use sealwright_tests::town::{Ground, LICENCE_TYPE, Plan, make_keys};
use sealwright_tests::{people, story};
use serde_json::{Value, json};

use crate::sd_jwt::{Answer, NODE, PYTHON};

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
