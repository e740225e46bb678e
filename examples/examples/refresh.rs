//! A register of one's own, and a document that follows it: a class is added, and a new version is there.
//!
//! `cargo run -p sealwright-examples --example refresh`

use std::sync::{Arc, Mutex};

use sealwright_engine::Actor;
use sealwright_examples::office::{apply, open};
use sealwright_workflows::licence::Licence;
use sealwright_workflows::office::Followed;
use sealwright_workflows::office::http::Unavailable;
use sealwright_workflows::office::register::{Entry, Register};
use sealwright_workflows::register::{LicenceNumber, LicenceRecord};
use serde_json::{from_value, json};

/// The adapter: two questions. Here a drawer with one card in it; yours asks the authority's system.
struct Drawer(Mutex<LicenceRecord>);

#[async_trait::async_trait]
impl Register for Drawer {
    async fn record(&self, number: &LicenceNumber) -> Result<Entry, Unavailable> {
        let card = self.0.lock().map_err(|_| Unavailable("the drawer is stuck".into()))?.clone();
        Ok(if card.number == *number { Entry::Found(Box::new(card)) } else { Entry::NotFound })
    }

    async fn photo(&self, _reference: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(Some(b"\xFF\xD8\xFF the photo".to_vec()))
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let card: LicenceRecord = from_value(json!({
        "number": {"kind": "passport", "value": "X1234567"}, "name": "Ada Example", "sex": "female",
        "nationality": "GBR", "birth_date": "1990-03-07", "address": "1 Invented Road", "classes": "C1",
        "first_issue": "2012-06-01", "valid_from": "2022-06-01", "valid_until": null, "points": 0,
        "status": "A", "authority": {"code": "330100", "name": "The office"}, "archive_no": null,
        "retained_photo": "photo-1", "retained_photo_meets": true, "revision": 1,
    }))?;
    let drawer = Arc::new(Drawer(Mutex::new(card.clone())));
    let (engine, office, vendor) = open(drawer.clone()).await?;
    let holder = apply(&engine, &office, &vendor, &card.number).await?;
    println!("version 1 is there");

    let more = LicenceRecord { classes: "C1D".parse()?, revision: Some(2), ..card };
    *drawer.0.lock().expect("nobody panicked with it") = more.clone();
    for (errand, expected) in [("push", Followed::Reissued), ("sweep", Followed::Unchanged)] {
        let came = office.follow(&engine, more.clone(), Actor::Operator(errand.into())).await?;
        println!("a {errand} brings the change: {came:?}");
        assert_eq!(came, expected);
    }

    engine.follow::<Licence>(holder.licence).until(|licence| licence.phase == "active").await?;
    let signed = office.dossiers().credential(holder.person, holder.licence, 2).await?;
    println!("version 2: {}...", &signed.expect("it is signed").code.as_str()[..24]);
    engine.stop().await;
    Ok(())
}
