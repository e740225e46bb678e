//! The scenes, in the order they are played. A scene answers what it showed, or why it does not hold.

mod album_approved;
mod album_refused;
mod album_withdrawn;
mod audit;
mod camera;
mod codes;
mod crash;
mod disclosure;
mod forgery;
mod mail;
mod register;
mod retained;
mod shown;
mod standing;
mod start;
mod suspended;
mod sweep;
mod wallet;

use std::pin::Pin;

use super::applicant;
use super::world::World;
use crate::cli::exit::Failure;

type Played<'w> = Pin<Box<dyn Future<Output = Result<String, Failure>> + 'w>>;
type Scene = for<'w> fn(&'w mut World) -> Played<'w>;

/// Every scene and its name.
pub(super) const SCENES: [(&str, Scene); 18] = [
    ("server", |world| Box::pin(start::play(world))),
    ("retained photo", |world| Box::pin(retained::play(world))),
    ("camera", |world| Box::pin(camera::play(world))),
    ("album, sent back", |world| Box::pin(album_withdrawn::play(world))),
    ("album, refused", |world| Box::pin(album_refused::play(world))),
    ("album, approved", |world| Box::pin(album_approved::play(world))),
    ("suspended", |world| Box::pin(suspended::play(world))),
    ("crash", |world| Box::pin(crash::play(world))),
    ("codes", |world| Box::pin(codes::play(world))),
    ("one claim alone", |world| Box::pin(disclosure::play(world))),
    ("wallet", |world| Box::pin(wallet::play(world))),
    ("shown", |world| Box::pin(shown::play(world))),
    ("forgery", |world| Box::pin(forgery::play(world))),
    ("standing", |world| Box::pin(standing::play(world))),
    ("register", |world| Box::pin(register::play(world))),
    ("sweep", |world| Box::pin(sweep::play(world))),
    ("mail", |world| Box::pin(mail::play(world))),
    ("audit", |world| Box::pin(audit::play(world))),
];
