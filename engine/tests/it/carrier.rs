//! A performer for parcels that does as it is told and keeps a log.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealwright_engine::store::EffectQuery;
use sealwright_engine::{Backoff, Call, EffectKey, Outcome, Performer, Terms, Timestamp, name_of};
use tokio::sync::watch;

use crate::parcel::{Command, Effect, Parcel};

/// What the carrier does with one parcel.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// It arrives.
    Carry,
    Fail,
    Panic,
    /// No answer, ever.
    Hang,
    /// Not yet, ask again after so long.
    Later(Duration),
    /// It arrives, and the carrier says another weight.
    Answer(u32),
}

/// One attempt at an effect.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: EffectKey,
    pub(crate) kind: &'static str,
    pub(crate) at: Timestamp,
    pub(crate) attempts: u32,
}

/// Clones are the same carrier.
#[derive(Clone)]
pub(crate) struct Carrier(Arc<Book>);

struct Book {
    /// What is done next; when it is empty, `rest`.
    script: Mutex<VecDeque<Deed>>,
    rest: Mutex<Deed>,
    /// What is done with parcels of a weight, before anything else.
    by_weight: Mutex<BTreeMap<u32, Deed>>,
    /// What is done with effects of a kind other than carrying.
    by_kind: Mutex<BTreeMap<&'static str, Deed>>,
    log: Mutex<Vec<Entry>>,
    terms: Mutex<Terms>,
    under_way: AtomicUsize,
    most: AtomicUsize,
    /// Closed: who comes waits.
    open: watch::Sender<bool>,
}

impl Default for Carrier {
    fn default() -> Self {
        let terms =
            Terms { attempts: 4, backoff: Backoff { jitter: 0.0, ..Backoff::default() }, ..Terms::default() };
        Self(Arc::new(Book {
            script: Mutex::default(),
            rest: Mutex::new(Deed::Carry),
            by_weight: Mutex::default(),
            by_kind: Mutex::default(),
            log: Mutex::default(),
            terms: Mutex::new(terms),
            under_way: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            open: watch::Sender::new(true),
        }))
    }
}

impl Carrier {
    /// Does these things first, one an attempt.
    pub(crate) fn told(script: impl IntoIterator<Item = Deed>) -> Self {
        let carrier = Self::default();
        carrier.0.script.lock().unwrap().extend(script);
        carrier
    }

    /// Does this from now on.
    pub(crate) fn always(&self, deed: Deed) {
        *self.0.rest.lock().unwrap() = deed;
    }

    /// Does this with parcels of a weight; `None` is like the others again.
    pub(crate) fn with_weight(&self, weight: u32, deed: Option<Deed>) {
        let mut by_weight = self.0.by_weight.lock().unwrap();
        by_weight.remove(&weight);
        by_weight.extend(deed.map(|deed| (weight, deed)));
    }

    /// Does this with effects of a kind, other than carrying.
    pub(crate) fn with_kind(&self, kind: &'static str, deed: Deed) {
        self.0.by_kind.lock().unwrap().insert(kind, deed);
    }

    pub(crate) fn terms(&self, change: impl FnOnce(&mut Terms)) {
        change(&mut self.0.terms.lock().unwrap());
    }

    /// Lets attempts wait until it is opened.
    pub(crate) fn close(&self) {
        self.0.open.send_replace(false);
    }

    pub(crate) fn open(&self) {
        self.0.open.send_replace(true);
    }

    /// Waits until so many attempts are under way.
    pub(crate) async fn until_under_way(&self, count: usize) {
        while self.0.under_way.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until no attempt is under way.
    pub(crate) async fn until_idle(&self) {
        while self.0.under_way.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// The most attempts that were ever under way at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }

    pub(crate) fn log(&self) -> Vec<Entry> {
        self.0.log.lock().unwrap().clone()
    }

    /// The attempts at effects of a kind.
    pub(crate) fn attempts(&self, kind: &str) -> Vec<Entry> {
        let mut log = self.log();
        log.retain(|entry| entry.kind == kind);
        log
    }
}

struct UnderWay<'a>(&'a Book);

impl<'a> UnderWay<'a> {
    fn begin(book: &'a Book) -> Self {
        let now = book.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        book.most.fetch_max(now, Ordering::SeqCst);
        Self(book)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Performer<Parcel> for Carrier {
    async fn perform(&self, call: Call<Parcel>) -> Outcome<Command> {
        let book = &*self.0;
        let _under_way = UnderWay::begin(book);
        // No effect before its event: the row that asked for it must be there to be read. After a
        // power cut nothing can be read, and nothing was promised either.
        let query = EffectQuery { instance: Some(call.instance), limit: 500, ..EffectQuery::default() };
        if let Ok(rows) = call.engine.store().effects(&query).await {
            assert!(rows.iter().any(|row| row.key == call.key), "a phantom effect");
            let history = call.engine.history(call.instance).await.unwrap_or_default();
            assert!(
                history.is_empty() || history.len() as u64 >= call.key.version,
                "an effect before its event"
            );
        }
        book.log.lock().unwrap().push(Entry {
            key: call.key,
            kind: name_of(&call.effect).outer,
            at: call.engine.clock().now(),
            attempts: call.attempts,
        });
        let mut open = book.open.subscribe();
        let _ = open.wait_for(|open| *open).await;
        let kind = name_of(&call.effect).outer;
        let (deed, answer) = match call.effect {
            Effect::Carry { weight } => {
                let special = book.by_weight.lock().unwrap().get(&weight).cloned();
                let next = || book.script.lock().unwrap().pop_front();
                let deed = special.or_else(next);
                let rest = || book.rest.lock().unwrap().clone();
                (deed.unwrap_or_else(rest), Some(Command::Arrived { weight }))
            }
            Effect::Ring | Effect::Thank => {
                let special = book.by_kind.lock().unwrap().get(kind).cloned();
                (special.unwrap_or(Deed::Carry), None)
            }
        };
        match deed {
            Deed::Carry => Outcome::Done(answer),
            Deed::Answer(weight) => Outcome::Done(Some(Command::Arrived { weight })),
            Deed::Fail => Outcome::Retry("the road is closed".into()),
            Deed::Panic => panic!("the van exploded"),
            Deed::Hang => std::future::pending().await,
            Deed::Later(wait) => Outcome::Later(call.engine.clock().now() + wait),
        }
    }

    fn terms(&self, _: &str) -> Terms {
        *self.0.terms.lock().unwrap()
    }
}
