//! The server is killed between the intent to sign and the signature, and started again: the licence is
//! issued exactly once, with the serial of the intent. Its holder's wallet is registered, so it is an mdoc, too.

use std::time::Duration;

use sealwright_credentials::{Es256Signer, Signer};
use sealwright_engine::clock::{Clock, SystemClock};
use serde_json::Value;

use super::applicant::{Applicant, photos, string};
use crate::cli::client::{Client, fresh_key};
use crate::cli::exit::{Exit, Failure};
use crate::demo::wait::{Look, STEP, hold, until, wrong};
use crate::demo::world::World;

/// Long enough for the kill to come first on any machine.
const SIGNING: Duration = Duration::from_secs(15);

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    world.take_server()?.stop().await?;
    world.start(Some(SIGNING)).await?;
    let mut applicant = Applicant::begin(world, "crash", "en").await?;
    let wallet = Es256Signer::generate().map_err(|error| wrong(error.to_string()))?;
    applicant.bind(wallet.public_key()).await?;
    world.wallet = Some((wallet, applicant.licence.clone()));
    applicant.walk("", photos::GOOD).await?;
    let key = fresh_key()?;
    applicant.submit_as(&key).await?;

    let operator = world.client(|dev| &dev.operator_key)?;
    let intent = until("the intent to sign in the journal", STEP, async || {
        let events = journal(&operator, &applicant.licence).await?;
        hold(!events.iter().any(|(name, _)| name == "issued"), || {
            "it was signed before the server could be killed".into()
        })?;
        let intent = events.iter().find(|(name, _)| name == "intent_recorded");
        Ok(match intent {
            Some((_, intent)) => Look::Yes(intent.clone()),
            None => Look::NotYet(format!("{} events", events.len())),
        })
    });
    let intent = intent.await?;
    world.take_server()?.kill().await?;
    match operator.get("/version").await {
        Err(failure) if failure.exit == Exit::Unavailable => {}
        _ => return Err(wrong("the server answers after it was killed")),
    }

    let begun = SystemClock.now();
    world.start(None).await?;
    let replayed = applicant.submit_as(&key).await?;
    hold(replayed, || "the app's second attempt to submit was not recognised as the first one".into())?;
    let issued = applicant.receive(world).await?;
    let outage = SystemClock.now().since(begun).as_secs_f32();

    let operator = world.client(|dev| &dev.operator_key)?;
    let events = journal(&operator, &applicant.licence).await?;
    let count = |wanted: &str| events.iter().filter(|(name, _)| name == wanted).count();
    let (intents, issues) = (count("intent_recorded"), count("issued"));
    hold(issues == 1 && intents == 1, || {
        format!("{intents} intents and {issues} issues in the journal: {events:?}")
    })?;
    let serial = string(&intent, "serial")?;
    hold(serial == issued.serial, || {
        format!("serial {} is not that of the intent, {serial}", issued.serial)
    })?;
    Ok(format!(
        "killed mid-signing; started again, submitted again: issued exactly once {outage:.1} s later, serial {serial} of the intent"
    ))
}

/// The events of an instance and what is in them.
async fn journal(operator: &Client, instance: &str) -> Result<Vec<(String, Value)>, Failure> {
    let history = operator.get(&format!("/v1/instances/{instance}/history")).await?;
    let rows = history["items"].as_array().into_iter().flatten();
    let events = rows.flat_map(|row| row["events"].as_array().into_iter().flatten());
    Ok(events
        .map(|event| match event.as_object().and_then(|event| event.iter().next()) {
            Some((name, content)) => (name.clone(), content.clone()),
            None => (event.as_str().unwrap_or_default().to_owned(), Value::Null),
        })
        .collect())
}
