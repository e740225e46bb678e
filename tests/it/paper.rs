//! What went wrong in a trial of the design on paper, held on the whole system. README.md says which test holds
//! which.

mod admission;
mod away;
mod desk;
mod order;

use sealwright_engine::{InstanceId, View};
use sealwright_tests::people;
use sealwright_tests::play::application_id;
use sealwright_tests::town::{Ground, Plan, Town, make_keys};
use sealwright_workflows::application::Application;
use sealwright_workflows::licence::Licence;
use sealwright_workflows::office::dossier::Holder;
use tempfile::TempDir;

/// A town in memory, with the folder of its keys.
async fn town() -> (Town, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let keys = make_keys(folder.path());
    (Plan::new(Ground::Memory, keys).open().await, folder)
}

fn first(town: &Town) -> InstanceId {
    application_id(town, 0)
}

async fn application(town: &Town, id: InstanceId) -> View<Application> {
    town.engine.view::<Application>(id).await.unwrap().unwrap()
}

async fn licence(town: &Town, who: u32) -> View<Licence> {
    let licence = holder(town, who).await.licence;
    town.engine.view::<Licence>(licence).await.unwrap().unwrap()
}

async fn holder(town: &Town, who: u32) -> Holder {
    town.office().dossiers().find(&people::number(who)).await.unwrap().unwrap()
}
