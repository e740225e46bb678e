//! After all that: every row of the journal is sealed to the one before it, and nothing is stuck.

use serde_json::json;

use crate::cli::exit::Failure;
use crate::demo::wait::hold;
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let operator = world.client(|dev| &dev.operator_key)?;
    let found = operator.post("/v1/audit", &json!({})).await?;
    let clean = found["findings"].as_array().is_some_and(Vec::is_empty);
    hold(found["next_cursor"].is_null(), || "a demo's few instances are one stretch".into())?;
    hold(clean, || format!("the audit found {}", found["findings"]))?;
    let rows = found["rows"].as_u64().unwrap_or_default();
    hold(rows > 0, || "the audit saw no rows".into())?;
    let parked = operator.get("/v1/parked").await?;
    let nothing = |field: &str| parked[field].as_array().is_some_and(Vec::is_empty);
    hold(nothing("effects") && nothing("instances"), || format!("something is stuck: {}", parked["causes"]))?;
    Ok(format!("{} instances, {rows} sealed rows hold; nothing is stuck", found["instances"]))
}
