//! Effects in memory.

use std::time::Duration;

use uuid::Uuid;

use super::Tables;
use crate::id::{EffectKey, InstanceId, NodeId};
use crate::limits;
use crate::store::{EffectQuery, EffectRow, EffectState, InstanceRow, ParkedQuery, Written};
use crate::time::Timestamp;

impl Tables {
    /// Writes an effect's row, and where it stands in the order of due times.
    pub(super) fn put_effect(&mut self, row: EffectRow) {
        if let Some(before) = self.effects.get(&row.key) {
            self.due.remove(&(before.due_at, before.key));
        }
        if row.state == EffectState::Due {
            self.due.insert((row.due_at, row.key));
        }
        self.effects.insert(row.key, row);
    }

    pub(super) fn settle(&mut self, key: EffectKey, note: String) -> Written {
        if let Some(effect) = self.effects.get(&key)
            && effect.state != EffectState::Settled
        {
            let note = Some(note);
            self.put_effect(EffectRow {
                state: EffectState::Settled,
                note,
                leased_to: None,
                ..effect.clone()
            });
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
        match self.effects.get(&key) {
            Some(effect) if effect.leased_to == Some(node) && effect.state == EffectState::Due => {
                let mut effect = effect.clone();
                change(&mut effect);
                self.put_effect(effect);
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

    /// The effects that nobody alive has, soonest due first.
    fn free(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, EffectKey)> {
        let alive = move |node| self.nodes.get(&node).is_some_and(|until| *until > now);
        let taken = move |key| self.effects.get(key).and_then(|effect| effect.leased_to).is_some_and(alive);
        self.due.iter().filter(move |(_, key)| !taken(key)).copied()
    }

    pub(super) fn claim_effects(&mut self, node: NodeId, now: Timestamp, limit: usize) -> Vec<EffectRow> {
        let free = self.free(now).take_while(|(at, _)| *at <= now);
        let keys: Vec<_> = free.take(limit).map(|(_, key)| key).collect();
        let claim = |key| {
            let effect = self.effects.get_mut(&key)?;
            effect.leased_to = Some(node);
            Some(effect.clone())
        };
        keys.into_iter().filter_map(claim).collect()
    }

    pub(super) fn next_effect(&self, now: Timestamp) -> Option<Timestamp> {
        self.free(now).next().map(|(at, _)| at)
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
            let parked = self.instances.values().filter(|row| row.parked.is_some());
            let meant = parked.filter(|row| {
                which.instance.is_none_or(|instance| instance == row.id)
                    && which.workflow.as_ref().is_none_or(|workflow| *workflow == row.workflow)
                    && cause(row.parked.as_ref())
            });
            for row in meant.take(limit).cloned().collect::<Vec<_>>() {
                self.put_instance(InstanceRow { parked: None, ..row });
                count += 1;
            }
        }
        let parked = self.effects.values().filter(|effect| effect.state == EffectState::Parked);
        let meant = parked.filter(|effect| {
            which.effect.is_none_or(|key| key == effect.key)
                && which.instance.is_none_or(|instance| instance == effect.key.instance)
                && which.workflow.as_ref().is_none_or(|workflow| *workflow == effect.workflow)
                && which.kind.as_ref().is_none_or(|kind| *kind == effect.kind)
                && cause(effect.note.as_ref())
        });
        let meant: Vec<_> = meant.take(limit - count).cloned().collect();
        for (n, effect) in (0u32..).zip(meant) {
            let due_at = now + spacing.saturating_mul(n);
            self.put_effect(EffectRow { state: EffectState::Due, attempts: 0, due_at, ..effect });
            count += 1;
        }
        count as u64
    }
}
