//! The feed of committed decisions.

use std::collections::VecDeque;

use futures_util::stream::{Stream, unfold};

use super::Engine;
use crate::journal::{Body, Row};
use crate::limits;
use crate::store::{Position, StoreError};

/// A decision that is durable.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Where it stands in the feed; go on behind it next time.
    pub position: Position,
    /// What it says.
    pub body: Body,
}

impl Engine {
    /// Committed decisions behind `after`, in order, without end: first those that are there, then
    /// each new one. A decision of another node comes at most a polling time later.
    ///
    /// After an error the stream goes on at the same place. It ends when the engine stops.
    pub fn watch(
        &self,
        after: Position,
    ) -> impl Stream<Item = Result<Committed, StoreError>> + Send + 'static {
        let (shared, news) = (self.shared.clone(), self.shared.committed.subscribe());
        let start = (shared, news, after, VecDeque::<(Position, Row)>::new());
        unfold(start, |(shared, mut news, mut after, mut rows)| async move {
            loop {
                if let Some((position, row)) = rows.pop_front() {
                    after = position;
                    let body = serde_json::from_str(&row.body);
                    let item = body
                        .map(|body| Committed { position, body })
                        .map_err(|error| StoreError::Failed(format!("a journal row is damaged: {error}")));
                    return Some((item, (shared, news, after, rows)));
                }
                news.mark_unchanged();
                match shared.store.feed(after, limits::PAGE).await {
                    Ok(page) if page.is_empty() => {
                        if shared.is_stopping() {
                            return None;
                        }
                        // Either a commit here, or a look at what others did.
                        let _ = tokio::time::timeout(limits::POLL, news.changed()).await;
                    }
                    Ok(page) => rows.extend(page),
                    Err(_) if shared.is_stopping() => return None,
                    Err(error) => {
                        tokio::time::sleep(limits::POLL).await;
                        return Some((Err(error), (shared, news, after, rows)));
                    }
                }
            }
        })
    }
}
