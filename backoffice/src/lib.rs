//! The back office: the HTTP API, the command line and the configuration around the engine, the
//! store and the flagship workflows. [`api::configure`] mounts the API in another actix-web app.

pub mod api;
mod assembly;
pub mod auth;
pub mod certificates;
pub mod config;
pub mod desk;
pub mod dev;
pub mod diagrams;
pub mod document_keys;
pub mod ledger;
pub mod notices;
mod orphans;
pub mod presenting;
pub mod problem;
pub mod publication;
pub mod rendering;
pub mod sandbox;
pub mod schedules;
pub mod serve;
pub mod throttle;
pub mod view;
