//! Status lists: how far each is handed out, and what was published last.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "status_list")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub uri: String,
    pub entries: i64,
    pub next: i64,
    pub revision: i64,
    pub dirty_since: Option<i64>,
    pub published_revision: Option<i64>,
    pub issued_at: Option<i64>,
    pub expires_at: Option<i64>,
    pub signed_by: Option<String>,
    pub packed: Option<Vec<u8>>,
    pub jwt: Option<String>,
    pub cwt: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
