//! The back office: the HTTP API, the command line and the configuration around the engine, the
//! store and the flagship workflows. [`api::configure`] mounts the API in another actix-web app.

pub mod config;
pub mod problem;
pub mod desk;
mod assembly;
pub mod auth;
pub mod view;
pub mod diagrams;
pub mod api;
pub mod serve;
pub mod sandbox;
pub mod dev;
