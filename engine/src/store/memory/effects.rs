//! Effects in memory.

use std::time::Duration;

use uuid::Uuid;

use super::Tables;
use crate::id::{EffectKey, InstanceId, NodeId};
use crate::limits;
use crate::store::{EffectQuery, EffectRow, EffectState, ParkedQuery, Written};
use crate::time::Timestamp;

impl Tables {
    pub(super) fn settle(&mut self, key: EffectKey, note: String) -> Written {
        if let Some(effect) = self.effects.get_mut(&key)
            && effect.state != EffectState::Settled
        {
            effect.state = EffectState::Settled;
            effect.note = Some(note);
            effect.leased_to = None;
        }
        Written::Done
    }

    /// Changes an effect that `node` has.
    pub(super) fn held(
        &mut self,
        key: EffectKey,
        node: NodeId,
        change: impl FnOnce(&mut EffectRow),
    ) -> Written {
        match self.effects.get_mut(&key) {
            Some(effect) if effect.leased_to == Some(node) && effect.state == EffectState::Due => {
                change(effect);
                Written::Done
            }
            _ => Written::LeaseLost,
        }
    }

    pub(super) fn give_back(&mut self, node: NodeId) {
        for effect in self.effects.values_mut().filter(|effect| effect.leased_to == Some(node)) {
            effect.leased_to = None;
        }
    }

    fn is_free(&self, effect: &EffectRow, now: Timestamp) -> bool {
        let alive = |node| self.nodes.get(&node).is_some_and(|until| *until > now);
        effect.state == EffectState::Due && !effect.leased_to.is_some_and(alive)
    }

    pub(super) fn claim_effects(&mut self, node: NodeId, now: Timestamp, limit: usize) -> Vec<EffectRow> {
        let due = self.effects.values().filter(|effect| effect.due_at <= now && self.is_free(effect, now));
        let mut due: Vec<_> = due.map(|effect| (effect.due_at, effect.key)).collect();
        due.sort_unstable();
        let claim = |(_, key)| {
            let effect = self.effects.get_mut(&key)?;
            effect.leased_to = Some(node);
            Some(effect.clone())
        };
        due.into_iter().take(limit).filter_map(claim).collect()
    }

    pub(super) fn next_effect(&self, now: Timestamp) -> Option<Timestamp> {
        let free = self.effects.values().filter(|effect| self.is_free(effect, now));
        free.map(|effect| effect.due_at).min()
    }

    pub(super) fn find_effects(&self, query: &EffectQuery) -> Vec<EffectRow> {
        let from = |instance, n| EffectKey { instance, version: if n == 0 { 0 } else { u64::MAX }, n };
        let of = match query.instance {
            Some(instance) => from(instance, 0)..=from(instance, u16::MAX),
            None => from(InstanceId(Uuid::nil()), 0)..=from(InstanceId(Uuid::max()), u16::MAX),
        };
        let fits = |(_, effect): &(&EffectKey, &EffectRow)| {
            query.state.is_none_or(|state| state == effect.state)
                && query.workflow.as_ref().is_none_or(|workflow| *workflow == effect.workflow)
                && query.kind.as_ref().is_none_or(|kind| *kind == effect.kind)
                && query.after.is_none_or(|after| effect.key > after)
        };
        let rows = self.effects.range(of).filter(fits);
        let page = rows.take(query.limit.min(limits::PAGE));
        page.map(|(_, row)| row.clone()).collect()
    }

    pub(super) fn redrive(
        &mut self,
        which: &ParkedQuery,
        limit: usize,
        spacing: Duration,
        now: Timestamp,
    ) -> u64 {
        let mut count = 0;
        let cause = |text: Option<&String>| {
            which.cause.as_ref().is_none_or(|cause| text.is_some_and(|text| text.contains(cause)))
        };
        if which.kind.is_none() && which.effect.is_none() {
            let parked = self.instances.values_mut().filter(|row| row.parked.is_some());
            let meant = parked.filter(|row| {
                which.instance.is_none_or(|instance| instance == row.id)
                    && which.workflow.as_ref().is_none_or(|workflow| *workflow == row.workflow)
                    && cause(row.parked.as_ref())
            });
            for row in meant.take(limit) {
                row.parked = None;
                count += 1;
            }
        }
        let parked = self.effects.values_mut().filter(|effect| effect.state == EffectState::Parked);
        let meant = parked.filter(|effect| {
            which.effect.is_none_or(|key| key == effect.key)
                && which.instance.is_none_or(|instance| instance == effect.key.instance)
                && which.workflow.as_ref().is_none_or(|workflow| *workflow == effect.workflow)
                && which.kind.as_ref().is_none_or(|kind| *kind == effect.kind)
                && cause(effect.note.as_ref())
        });
        for (n, effect) in (0u32..).zip(meant.take(limit - count)) {
            effect.state = EffectState::Due;
            effect.attempts = 0;
            effect.due_at = now + spacing.saturating_mul(n);
            count += 1;
        }
        count as u64
    }
}
