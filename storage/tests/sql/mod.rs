//! Claims about stores that speak SQL, beyond the exam that every store sits.

use std::sync::Arc;
use std::task::{Context, Waker};

use sealwright_engine::clock::Clock;
use sealwright_engine::journal::{Digest, Row};
use sealwright_engine::store::{Append, Change, Derived, NewEffect, StoreError, Write, Written};
use sealwright_engine::testing::exam::Student;
use sealwright_engine::{CommandId, EffectKey, InstanceId, NodeId, Timestamp};

/// The first decision of a new instance.
pub(crate) fn first(at: Timestamp) -> Write {
    let instance = InstanceId::new(at);
    let row = Row {
        instance,
        version: 1,
        command_id: CommandId::client("begin").unwrap(),
        body: "{}".into(),
        hash: Digest::ZERO.chain(b"{}"),
    };
    let derived = Derived {
        instance,
        version: 1,
        workflow: "exam",
        schema: 1,
        phase: "open",
        closed: false,
        wake_at: None,
        at,
        task: Change::Keep,
        labels: Change::Keep,
    };
    let (effects, leased_to, settles, lease) = (Vec::new(), None, None, None);
    Write::Append(Box::new(Append { row, derived, effects, leased_to, settles, lease }))
}

/// The first effect of a decision; asked twice, it is there twice, which no engine does.
pub(crate) fn with_effect(write: &mut Write, node: Option<NodeId>) {
    let Write::Append(append) = write else { panic!("only decisions have effects") };
    let key = EffectKey { instance: append.row.instance, version: append.row.version, n: 0 };
    append.effects.push(NewEffect { key, kind: "notify", body: "{}".into() });
    append.leased_to = node;
}

pub(crate) fn instance(write: &Write) -> InstanceId {
    let Write::Append(append) = write else { panic!("only decisions have an instance") };
    append.row.instance
}

/// An SQL error in the middle of a batch: the batch is undone, and its writes tried one by one.
pub(crate) async fn a_bad_write_fails_alone(student: Student) {
    let at = student.clock.now();
    let (good, mut bad, fine) = (first(at), first(at), first(at));
    with_effect(&mut bad, None);
    with_effect(&mut bad, None);
    let ids = [instance(&good), instance(&bad), instance(&fine)];
    let answers = student.store.write(vec![good, bad, fine]).await;
    assert_eq!((&answers[0], &answers[2]), (&Ok(Written::Done), &Ok(Written::Done)));
    assert!(matches!(answers[1], Err(StoreError::Failed(_))), "{answers:?}");
    for (id, there) in ids.into_iter().zip([true, false, true]) {
        assert_eq!(student.store.load(id).await.unwrap().is_some(), there);
    }
}

/// Callers go away in the middle of a commit, as HTTP clients do. What they asked for still
/// happens, and nobody else's work is lost with them.
pub(crate) async fn a_dropped_caller_cancels_nothing(student: Student) {
    let at = student.clock.now();
    let mut ids = Vec::new();
    for n in 0..40 {
        let write = first(at);
        ids.push(instance(&write));
        if n % 2 == 0 {
            let store = Arc::clone(&student.store);
            let mut call = Box::pin(async move { store.write(vec![write]).await });
            // Polled once, so that it has begun; then the caller is gone.
            assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            drop(call);
        } else {
            assert_eq!(student.store.write(vec![write]).await, [Ok(Written::Done)]);
        }
    }
    // Detached work may still be under way; it ends without anybody's help.
    for id in ids {
        let mut asked = 0;
        while student.store.load(id).await.unwrap().is_none() {
            asked += 1;
            assert!(asked < 50_000, "{id} was cancelled with its caller");
            tokio::task::yield_now().await;
        }
    }
}
