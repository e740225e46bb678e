//! The office: effects carried out against registers, vendors and mail servers of all kinds.

mod house;
mod http_peer;
mod people;
mod smtp_peer;
mod webhook_peer;

mod addresses;
mod callbacks;
mod delivering;
mod devices;
mod dossiers;
mod follow;
mod forms;
mod gateways;
mod hostile;
mod hostile_mail;
mod liveness;
mod mail;
mod mdocs;
mod notices;
mod performing;
mod pushes;
mod register;
mod retained;
mod signing;
mod texts;
