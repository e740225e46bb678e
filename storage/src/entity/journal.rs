//! Decisions. The key is (instance, version) in both databases; `position` orders the feed.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "journal")]
pub struct Model {
    pub position: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub instance: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    pub command_id: String,
    pub body: String,
    pub hash: Vec<u8>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
