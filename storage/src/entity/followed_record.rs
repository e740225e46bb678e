//! What was followed last of each licence.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "followed_record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub number_hash: Vec<u8>,
    pub record_hash: Vec<u8>,
    pub person: Uuid,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
