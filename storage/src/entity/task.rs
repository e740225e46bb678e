//! Work for people. `roles` and `excluded` are JSON arrays.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub instance: Uuid,
    pub workflow: String,
    pub key: String,
    pub queue: String,
    pub due_at: i64,
    pub roles: String,
    pub excluded: String,
    pub reserved_for: Option<String>,
    pub reserved_until: Option<i64>,
    pub holder: Option<String>,
    pub epoch: i64,
    pub lease_until: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
