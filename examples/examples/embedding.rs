//! The engine inside an actix-web app that has its own users: they ask for leave, their boss grants it.

use std::sync::{Arc, Mutex};

use actix_web::error::{ErrorBadRequest, ErrorConflict, ErrorUnauthorized};
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use rusqlite::Connection;
use sealwright_engine::clock::SystemClock;
use sealwright_engine::{Actor, CommandId, Engine, Envelope, InstanceId};
use sealwright_examples::{Command, Leave, tell};
use sealwright_storage::{SqliteStore, migrate};

/// The app's own table; the engine knows nothing of it.
struct Users(Mutex<Connection>);

impl Users {
    fn is_boss(&self, name: &str) -> Option<bool> {
        let boss = "SELECT boss FROM users WHERE name = ?1";
        self.0.lock().ok()?.query_row(boss, [name], |row| row.get(0)).ok()
    }
}

/// The app knows its users, and vouches for them as actors.
async fn leave(
    path: web::Path<(InstanceId, String, String)>,
    users: Data<Users>,
    engine: Data<Engine>,
) -> actix_web::Result<String> {
    let (id, action, user) = path.into_inner();
    let boss = users.is_boss(&user).ok_or_else(|| ErrorUnauthorized("who are you?"))?;
    let actor = if boss { Actor::Operator(user.clone()) } else { Actor::Applicant(user.clone()) };
    let key = CommandId::client(&format!("{action}-{user}")).map_err(ErrorBadRequest)?;
    let command = if action == "ask" { Command::Ask { by: user } } else { Command::Grant };
    let sent = engine.send_or_start::<Leave>(id, Envelope::new(key, actor, command)).await;
    Ok(sent.map_err(|error| ErrorConflict(error.to_string()))?.phase.to_owned())
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let (folder, users) = (tempfile::tempdir()?, Connection::open_in_memory()?);
    users.execute_batch(
        "CREATE TABLE users (name TEXT, boss INT); INSERT INTO users VALUES ('ann', 0), ('bo', 1)",
    )?;
    let file = folder.path().join("leave.db");
    migrate(&format!("sqlite:{}", file.display())).await?;
    let store = SqliteStore::open(&file, Arc::new(SystemClock)).await?;
    let engine = Engine::builder(Arc::new(store)).workflow::<Leave>((), ()).start().await?;

    let (users, shared) = (Data::new(Users(Mutex::new(users))), Data::new(engine.clone()));
    let app = move || {
        let app = App::new().app_data(users.clone()).app_data(shared.clone());
        app.route("/leaves/{id}/{action}/{user}", web::post().to(leave))
    };
    let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", 0))?;
    let url = format!("http://{}/leaves/{}", server.addrs()[0], InstanceId::new(engine.clock().now()));
    let server = server.run();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);

    tell(&url, &[("grant/ann", 409), ("ask/ann", 200), ("grant/ann", 409), ("grant/bo", 200)]).await?;
    handle.stop(true).await;
    running.await??;
    engine.stop().await;
    Ok(())
}
