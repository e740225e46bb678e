//! The office: effects carried out against registers, vendors and mail servers of all kinds.

mod house;
mod http_peer;
mod people;
mod smtp_peer;

mod callbacks;
mod dossiers;
mod follow;
mod forms;
mod hostile;
mod liveness;
mod mail;
mod notices;
mod performing;
mod pushes;
mod register;
mod retained;
mod signing;
