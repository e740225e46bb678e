//! A register that lies, stutters and fails. The licences come to its truth all the same, and nothing is issued twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealwright_engine::{Actor, Engine};
use sealwright_workflows::licence::{Event, Licence, Standing};
use sealwright_workflows::office::http::Peer;
use sealwright_workflows::office::register::{Change, HttpRegister, Register};
use sealwright_workflows::office::{Followed, Parts};
use sealwright_workflows::register::LicenceRecord;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::house::{Applying, House, JPEG};
use crate::people;

/// People in the register.
const PEOPLE: u32 = 6;

/// What the register really knows, what it told, and how it misbehaves: by a number that each request draws.
struct Truth {
    records: HashMap<String, LicenceRecord>,
    changes: Vec<LicenceRecord>,
    lies: bool,
    drawn: u64,
}

impl Truth {
    /// The next number of a fixed sequence (a linear congruential one).
    fn draw(&mut self, below: u64) -> u64 {
        self.drawn =
            self.drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.drawn >> 33) % below
    }

    /// A page, truthful or not: lines twice, in another order, left out, from long ago; the same page again.
    fn page(&mut self, after: usize) -> Value {
        let to = self.changes.len().min(after + 4);
        let mut lines: Vec<Value> =
            self.changes[after.min(to)..to].iter().map(|record| json!({ "record": record })).collect();
        if self.lies && !lines.is_empty() {
            let at = self.draw(lines.len() as u64) as usize;
            match self.draw(6) {
                0 => lines.reverse(),
                1 => lines.push(lines[at].clone()),
                2 => drop(lines.remove(at)),
                3 => {
                    let old = self.draw(self.changes.len() as u64) as usize;
                    lines.push(json!({ "record": self.changes[old] }));
                }
                4 => lines.push(json!({ "record": {"name": 7} })),
                _ => return json!({"changes": lines, "next": after.max(1).to_string(), "more": false}),
            }
        }
        json!({"changes": lines, "next": to.to_string(), "more": to < self.changes.len()})
    }

    fn answer(&mut self, head: &str, body: &str) -> Option<(u16, &'static str, Vec<u8>)> {
        if self.lies {
            match self.draw(12) {
                0 => return Some((500, "application/json", b"{}".into())),
                1 => return Some((429, "application/json", b"{}".into())),
                2 => return Some((200, "text/html", b"<h1>please log in</h1>".into())),
                3 => return Some((200, "application/json", b"{\"changes\": 7".into())),
                4 => return None,
                _ => {}
            }
        }
        let json = |value: Value| Some((200, "application/json", value.to_string().into_bytes()));
        let target = head.split_whitespace().nth(1).unwrap_or_default();
        if let Some(query) = target.strip_prefix("/v1/changes") {
            let after = query.strip_prefix("?after=").and_then(|after| after.parse().ok()).unwrap_or(0);
            return json(self.page(after));
        }
        if target.starts_with("/v1/digests") {
            let lines: Vec<Value> = self
                .records
                .values()
                .map(|record| json!({"number": record.number, "digest": record.digest()}))
                .collect();
            return json(json!({"digests": lines, "next": "end", "more": false}));
        }
        if target.starts_with("/v1/photos/") {
            return Some((200, "image/jpeg", JPEG.to_vec()));
        }
        let number: Value = serde_json::from_str(body).unwrap_or_default();
        match self.records.get(number["value"].as_str().unwrap_or_default()) {
            Some(record) => json(json!(record)),
            None => Some((404, "application/json", br#"{"code": "record_not_found"}"#.into())),
        }
    }
}

/// The register on a port of its own.
struct Liar {
    truth: Arc<Mutex<Truth>>,
    peer: Peer,
}

impl Liar {
    async fn open() -> Self {
        let records =
            (1..=PEOPLE).map(people::record).map(|it| (it.number.as_str().to_owned(), it)).collect();
        let truth = Arc::new(Mutex::new(Truth { records, changes: vec![], lies: false, drawn: 7 }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let book = truth.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, book.clone()));
            }
        });
        Self { truth, peer: Peer { url, token: "t".to_owned().into(), time: Duration::from_secs(5) } }
    }

    fn truth(&self) -> std::sync::MutexGuard<'_, Truth> {
        self.truth.lock().expect("nobody panics with it")
    }

    /// Changes a record in truth. `counted` registers say how new it is.
    fn change(&self, sequence: u32, counted: bool, change: impl FnOnce(&mut LicenceRecord)) {
        let mut truth = self.truth();
        let count = truth.changes.len() as u64 + 1;
        let record = truth.records.get_mut(people::number(sequence).as_str()).expect("somebody of ours");
        change(record);
        record.revision = counted.then_some(count);
        let record = record.clone();
        truth.changes.push(record);
    }
}

async fn serve(mut stream: TcpStream, truth: Arc<Mutex<Truth>>) -> std::io::Result<()> {
    let mut request = Vec::new();
    let (head, body) = loop {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().filter_map(|line| line.split_once(':'));
        let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: usize = length.map(|(_, length)| length.trim().parse().unwrap_or(0)).next().unwrap_or(0);
        if body.len() >= length {
            break (head.to_owned(), body.to_owned());
        }
    };
    let answer = truth.lock().expect("nobody panics with it").answer(&head, &body);
    // Silence, cut short so that nobody waits for it.
    let Some((status, kind, body)) = answer else { return Ok(()) };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await
}

/// Walks the changes once, as a sweep does, and takes what it gets. Whatever fails is left to the next walk.
async fn walk(house: &House, register: &dyn Register, cursor: &mut Option<String>, errand: &str) {
    let engine: &Engine = &house.engine;
    for round in 0..20 {
        let Ok(page) = register.changes(cursor.as_deref()).await else { return };
        let more = page.more;
        for (at, change) in page.changes.into_iter().enumerate() {
            if let Change::Found(record) = change {
                let actor = Actor::Operator(format!("{errand}:{round}:{at}"));
                let _ = house.office.follow(engine, *record, actor).await;
            }
        }
        *cursor = Some(page.next);
        house.engine.run_until_idle().await;
        if !more {
            return;
        }
    }
}

/// Compares everything, as a reconciliation does; answers how many licences differed.
async fn reconcile(house: &House, register: &dyn Register) -> usize {
    let engine: &Engine = &house.engine;
    let page = register.digests(None).await.expect("the register tells the truth now");
    let mut differed = 0;
    for (number, digest) in page.digests {
        let holder = house.office.dossiers().find(&number).await.expect("the vault is there");
        let person = holder.expect("everybody applied").person;
        let known = house.office.dossiers().record(person, None).await.expect("the vault is there");
        if known.expect("there is a record").record.digest() != digest {
            let actor = Actor::Operator("reconcile".into());
            house.office.follow_number(engine, &number, actor).await.expect("it can be followed");
            differed += 1;
        }
    }
    house.engine.run_until_idle().await;
    differed
}

/// What a licence recorded.
async fn events(house: &House, applying: &Applying) -> Vec<Event> {
    let history = house.engine.history(applying.holder.licence).await.expect("the store is there");
    history.iter().flat_map(|row| row.events::<Licence>().expect("its own events")).collect()
}

/// How many versions were issued, and from which revisions of the record.
fn issued(events: &[Event]) -> (usize, BTreeSet<u64>) {
    let (mut ordered, mut versions, mut revisions) = (0, 0, BTreeSet::new());
    for event in events {
        match event {
            Event::Ordered { revision, .. } => ordered = *revision,
            Event::Issued { .. } => {
                versions += 1;
                revisions.insert(ordered);
            }
            _ => {}
        }
    }
    (versions, revisions)
}

async fn converges(counted: bool) {
    let liar = Liar::open().await;
    let register = Arc::new(HttpRegister::new(&liar.peer).expect("it can be used"));
    let house = House::with(|parts: &mut Parts| parts.register = register.clone()).await;
    let mut all: BTreeMap<u32, Applying> = BTreeMap::new();
    for sequence in 1..=PEOPLE {
        all.insert(sequence, house.issue(sequence).await);
    }
    let mut cursor = None;
    for round in 0..12 {
        for sequence in 1..=PEOPLE {
            liar.change(sequence, counted, |record| match (round + sequence) % 4 {
                0 => record.status = "D".parse().expect("a letter"),
                1 => record.status = "A".parse().expect("a letter"),
                2 => record.address = format!("虚构省样例市测试路{round}号"),
                _ => record.points = record.points.wrapping_add(3) % 12,
            });
        }
        liar.truth().lies = true;
        // A client of its own each time: one that was failed too often leaves the register alone for a while.
        let fresh = HttpRegister::new(&liar.peer).expect("it can be used");
        walk(&house, &fresh, &mut cursor, &format!("walk {round}")).await;
        liar.truth().lies = false;
    }
    let fresh = HttpRegister::new(&liar.peer).expect("it can be used");
    // The client of the office may still leave the register alone; what it needs here, it gets in time.
    let patience = tokio::time::Instant::now() + Duration::from_secs(90);
    while register.record(&people::number(1)).await.is_err() {
        assert!(tokio::time::Instant::now() < patience, "the client never comes back");
        tokio::task::yield_now().await;
    }
    reconcile(&house, &fresh).await;
    assert_eq!(reconcile(&house, &fresh).await, 0, "the second comparison finds nothing");
    for (sequence, applying) in &all {
        let truth = liar.truth().records[people::number(*sequence).as_str()].clone();
        let life = house.life(applying).await;
        let red = truth.status == "D".parse().expect("a letter");
        assert_eq!(life.standing(), if red { Standing::Suspended } else { Standing::Active }, "{sequence}");
        assert_eq!(life.order, None, "nothing is left open");
        let dossiers = house.office.dossiers();
        let document = life.document.as_ref().expect("a document");
        let made_from = dossiers.record(applying.holder.person, Some(document.revision)).await;
        let made_from = made_from.expect("the vault is there").expect("it is kept").record;
        assert!(red || made_from.address == truth.address, "a document in force says what the register says");
        let (versions, revisions) = issued(&events(&house, applying).await);
        assert_eq!(revisions.len(), versions, "no two versions were issued from the same record");
        let again =
            house.office.follow_as_is(&house.engine, truth, Actor::Operator("once more".into())).await;
        assert_eq!(again, Ok(Followed::Unchanged));
        assert_eq!(house.life(applying).await.versions, life.versions);
    }
}

#[tokio::test]
async fn licences_come_to_the_truth_of_a_register_that_counts_its_changes() {
    converges(true).await;
}

#[tokio::test]
async fn licences_come_to_the_truth_of_a_register_that_does_not() {
    converges(false).await;
}
