//! The retained path, from the first click to a code that verifies.

use sealwright_credentials::{Verdict, verify};
use sealwright_workflows::application::Applicant;
use sealwright_workflows::licence::Licence;

use crate::house::House;
use crate::people;

#[tokio::test]
async fn the_retained_path_ends_in_a_code_that_verifies_and_a_mail() {
    let house = House::open().await;
    house.enter(1);
    let applying = house.begin(1).await;
    assert_eq!(house.phase(&applying).await, "information");
    house.confirm(&applying).await;
    assert_eq!(house.phase(&applying).await, "liveness");
    house.pass_liveness().await;
    assert_eq!(house.phase(&applying).await, "submit");
    house.does(&applying, "submit", Applicant::Submit).await;
    assert_eq!(house.phase(&applying).await, "issued");

    let dossiers = house.office.dossiers();
    let credential = dossiers.credential(applying.holder.person, applying.holder.licence, 1).await;
    let credential = credential.unwrap().expect("version 1 is signed");
    let keys = house.office.keys();
    let report = verify(credential.code.as_str(), keys.key_set(), house.engine.now().secs(), None);
    assert_eq!(report.verdict, Verdict::Valid);
    let content = report.content.expect("it is readable");
    assert_eq!(content.name, people::record(1).name);
    assert_eq!(content.licence_number, people::number(1).as_str());
    let licence = dossiers.licence_of(content.serial.as_str()).await.unwrap();
    assert_eq!(licence, Some(applying.holder.licence));
    let photo = dossiers.photo_of(applying.holder.person, &credential).await.unwrap().expect("it is kept");
    assert_eq!(content.photo_digest, sealwright_credentials::Digest::of(&photo));

    let mails = house.post.mails();
    assert_eq!(mails.len(), 1, "one notice");
    assert_eq!(mails[0].address, "applicant1@example.com");
    assert!(mails[0].text.contains("version 1"));
    let licence = house.engine.view::<Licence>(applying.holder.licence).await.unwrap().unwrap();
    assert_eq!(licence.phase, "active");
}
