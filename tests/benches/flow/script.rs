//! What one application writes, recorded from a real one.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, OpenFlags};
use sealwright_engine::InstanceId;
use sealwright_engine::store::Write;
use uuid::Uuid;

use crate::applicant;
use crate::ground::Ground;

/// What one application writes, transition by transition.
pub(crate) struct Script {
    /// Each ends with a journal row; before it, what was written since the one before.
    pub(crate) steps: Vec<Vec<Row>>,
    /// The recorded instances: the application's and the licence's.
    instances: Vec<InstanceId>,
}

/// A row of one table, or a change of one.
pub(crate) enum Row {
    /// The engine's.
    Engine(Box<Write>),
    /// `person`: bytes of the wrapped key.
    Person(usize),
    /// `record`: the field and the sealed bytes. The field may name an instance.
    Record(String, usize),
    /// `directory`.
    Entry,
}

impl Script {
    /// Carries one application through and writes down what it writes.
    pub(crate) async fn record() -> Self {
        let place = Ground::Sqlite.place().await;
        let desk = place.desk(100).await;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let vault = Mutex::new(VaultRows::new(Connection::open_with_flags(place.file(), flags).unwrap()));
        let rows = Arc::new(Mutex::new(Vec::new()));
        let log = rows.clone();
        desk.store.show(move |write| {
            let mut log = log.lock().unwrap();
            log.extend(vault.lock().unwrap().fresh());
            log.push(Row::Engine(Box::new(write.clone())));
        });
        applicant::apply(&desk).await;
        // What ends after the document is issued, such as the notice, is part of it.
        desk.engine.stop().await;
        Self::cut(std::mem::take(&mut *rows.lock().unwrap()))
    }

    /// Cuts the rows after each journal row. What comes last is written with the last transition.
    fn cut(rows: Vec<Row>) -> Self {
        let (mut steps, mut instances) = (vec![Vec::new()], Vec::new());
        for row in rows {
            let ends = matches!(row, Row::Engine(ref write) if matches!(**write, Write::Append(_)));
            if let Row::Engine(write) = &row
                && let Write::Append(append) = &**write
                && !instances.contains(&append.row.instance)
            {
                instances.push(append.row.instance);
            }
            steps.last_mut().unwrap().push(row);
            if ends {
                steps.push(Vec::new());
            }
        }
        let rest = steps.pop().unwrap();
        steps.last_mut().unwrap().extend(rest);
        Self { steps, instances }
    }

    /// The same without what goes into the vault.
    pub(crate) fn without_vault(&self) -> Self {
        let engine = |row: &Row| match row {
            Row::Engine(write) => Some(Row::Engine(write.clone())),
            Row::Person(_) | Row::Record(..) | Row::Entry => None,
        };
        let steps = self.steps.iter().map(|rows| rows.iter().filter_map(engine).collect()).collect();
        Self { steps, instances: self.instances.clone() }
    }

    /// How many instances one application leaves.
    pub(crate) fn instances(&self) -> usize {
        self.instances.len()
    }

    /// How many transitions one application has.
    pub(crate) fn transitions(&self) -> usize {
        self.steps.len()
    }

    /// How many rows one application writes or changes, and how many bytes of text are in them.
    pub(crate) fn size(&self) -> (usize, usize) {
        let rows = self.steps.iter().flatten();
        rows.fold((0, 0), |(count, bytes), row| {
            let (more, larger) = row.size();
            (count + more, bytes + larger)
        })
    }

    /// The ids of another application in the place of the recorded ones.
    pub(crate) fn cast(&self) -> Cast<'_> {
        let fresh = self.instances.iter().map(|_| Uuid::now_v7()).collect();
        Cast { script: self, fresh, person: Uuid::now_v7() }
    }
}

impl Row {
    fn size(&self) -> (usize, usize) {
        match self {
            Row::Engine(write) => match &**write {
                Write::Append(append) => {
                    let labels = match &append.derived.labels {
                        sealwright_engine::store::Change::Set(labels) => labels.len(),
                        sealwright_engine::store::Change::Keep => 0,
                    };
                    let effects: usize = append.effects.iter().map(|effect| effect.body.len()).sum();
                    let count = 2 + labels + append.effects.len() + usize::from(append.settles.is_some());
                    (count, append.row.body.len() + effects)
                }
                _ => (1, 0),
            },
            Row::Person(bytes) | Row::Record(_, bytes) => (1, *bytes),
            Row::Entry => (1, 32),
        }
    }
}

/// Who plays the recorded parts in one application of the ceiling.
#[derive(Clone)]
pub(crate) struct Cast<'s> {
    script: &'s Script,
    fresh: Vec<Uuid>,
    pub(crate) person: Uuid,
}

impl Cast<'_> {
    /// The id in the place of a recorded one.
    pub(crate) fn id(&self, recorded: InstanceId) -> Uuid {
        let place = self.script.instances.iter().position(|known| *known == recorded);
        self.fresh[place.unwrap()]
    }

    /// A text with as many bytes as the recorded one, that no other application has.
    pub(crate) fn label(&self, recorded: &str) -> String {
        if recorded.len() == 36 { self.person.to_string() } else { recorded.to_owned() }
    }
}

/// The vault's tables, to see what is new in them.
struct VaultRows {
    connection: Connection,
    known: HashSet<Vec<u8>>,
}

impl VaultRows {
    fn new(connection: Connection) -> Self {
        Self { connection, known: HashSet::new() }
    }

    fn fresh(&mut self) -> Vec<Row> {
        let mut fresh = Vec::new();
        let mut look = |sql: &str, row: fn(String, usize) -> Row| {
            let mut read = self.connection.prepare_cached(sql).unwrap();
            let found =
                read.query_map([], |found| Ok((found.get(0)?, found.get(1)?, found.get(2)?))).unwrap();
            let found: Vec<(Vec<u8>, String, i64)> = found.collect::<Result<_, _>>().unwrap();
            for (key, field, bytes) in found {
                if self.known.insert(key) {
                    fresh.push(row(field, usize::try_from(bytes).unwrap()));
                }
            }
        };
        look("SELECT id, '', length(wrapped_key) FROM person", |_, bytes| Row::Person(bytes));
        look("SELECT hash, '', 0 FROM directory", |_, _| Row::Entry);
        look(
            "SELECT CAST(hex(person) || field || revision AS BLOB), field, length(sealed) FROM record",
            Row::Record,
        );
        fresh
    }
}
