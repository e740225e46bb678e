//! The server starts in a folder of its own, with a register, a vendor and a mail server beside it.

use crate::cli::exit::Failure;
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    world.start(None).await?;
    let client = world.client(|dev| &dev.operator_key)?;
    let version = client.get("/version").await?;
    client.bytes("/readyz").await?;
    Ok(format!(
        "sealwright {} at {}, with register, liveness vendor and SMTP",
        version["version"].as_str().unwrap_or("?"),
        client.url()
    ))
}
