//! Sweeps and the raw loop in turn; licences that changed; an applicant beside it all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sealwright_engine::{Actor, CommandId, EffectKey, Envelope, InstanceId};
use sealwright_tests::people;
use sealwright_workflows::licence::{self, FromApplication, Licence, Portrait, PortraitKind};
use sealwright_workflows::office::dossier::Holder;
use sealwright_workflows::sweep::{Command, Counts, Kind, PER_SECOND, Start, Sweep};

use crate::Figures;
use crate::applicant;
use crate::ground::{Desk, FIRST, Ground};
use crate::raw::Raw;

/// How long an applicant is watched.
const WATCHED: Duration = Duration::from_secs(4);

pub(crate) async fn measure(ground: &Ground, licences: u32, rounds: usize) -> Figures {
    let desk = Arc::new(ground.desk(licences).await);
    let real = (licences / 10).clamp(1, 1_000);
    let holders = issue(&desk, real).await;
    // The first one warms up.
    let (counts, _) = sweep(&desk).await;
    assert_eq!((counts.unknown, counts.unchanged), (0, u64::from(licences + real)), "{counts:?}");

    let (mut compared, mut rss) = (Vec::new(), 0.0_f64);
    let mut raw = Raw::open(&desk.place).await;
    let mut beside = Vec::new();
    for _ in 0..rounds {
        let (counts, took) = sweep(&desk).await;
        compared.push(counts.seen as f64 / took.as_secs_f64());
        beside.push(raw.round().await);
        rss = rss.max(resident());
    }
    drop(raw);
    let ratios = compared.iter().zip(&beside).map(|(compared, raw)| compared / raw).collect();

    let idle = p99(&desk, |_| async {}).await;
    let busy = p99(&desk, |over| {
        let desk = desk.clone();
        async move {
            while !over.load(Ordering::Relaxed) {
                sweep(&desk).await;
            }
        }
    })
    .await;
    let reissued_per_s = reissue(&desk, &holders).await;
    desk.engine.stop().await;
    let Ok(desk) = Arc::try_unwrap(desk) else { panic!("somebody still sits at the desk") };
    let Desk { place, engine, office, .. } = desk;
    drop((engine, office));
    place.clear().await;
    let (compared_per_s, raw_per_s) = (median(compared), median(beside));
    Figures {
        store: ground.name(),
        licences,
        compared_per_s: compared_per_s.round(),
        raw_per_s: raw_per_s.round(),
        compared_ratio: rounded(median(ratios)),
        reissued_per_s: reissued_per_s.round(),
        rss_mib: rss.round(),
        command_p99_idle_ms: rounded(idle),
        command_p99_sweep_ms: rounded(busy),
        command_p99_ratio: rounded(busy / idle),
    }
}

/// A full sweep from start to end.
async fn sweep(desk: &Desk) -> (Counts, Duration) {
    let began = Instant::now();
    let id = InstanceId::new(desk.engine.clock().now());
    let mut follow = desk.engine.follow::<Sweep>(id);
    let start =
        Start { kind: Kind::Full, per_second: Some(PER_SECOND), dry_run: false, anew: false, schedule: None };
    let envelope = Envelope::new(key("start"), Actor::Operator("bench".into()), Command::Start(start));
    desk.engine.start::<Sweep>(id, envelope).await.unwrap();
    let ended = follow.until(|now| now.closed).await.unwrap();
    assert_eq!(ended.phase, "finished");
    let took = began.elapsed();
    match desk.engine.view::<Sweep>(id).await.unwrap().unwrap().state {
        Sweep::Begun(course) => (course.counts, took),
        Sweep::New => panic!("it began"),
    }
}

/// Makes so many real licences, each with a document.
async fn issue(desk: &Desk, real: u32) -> Vec<Holder> {
    let now = desk.engine.clock().now();
    let performer = Actor::Performer(EffectKey { instance: InstanceId::new(now), version: 1, n: 0 });
    let mut holders = Vec::new();
    for who in FIRST..FIRST + real {
        let record = people::record(who);
        desk.book.real.lock().unwrap().insert(record.number.clone(), record.clone());
        let holder = desk.office.dossiers().admit(&record.number, None, now).await.unwrap();
        let Holder { person, licence } = holder;
        let application = InstanceId::new(now);
        let send = async |name: &str, command| {
            let envelope =
                Envelope::new(key(name), performer.clone(), licence::Command::Application(command));
            desk.engine.send_or_start::<Licence>(licence, envelope).await.unwrap();
        };
        let portrait = PortraitKind::Retained;
        send("reserve", FromApplication::Reserve { application, person, portrait }).await;
        let facts = record.facts();
        desk.office.follow(&desk.engine, record, performer.clone()).await.unwrap();
        let (portrait, revision) = (Portrait::Retained, 1);
        send("issue", FromApplication::Issue { application, order: 1, person, revision, portrait, facts })
            .await;
        holders.push(holder);
    }
    signed(desk, &holders, 1).await;
    holders
}

/// Waits until each has this version.
async fn signed(desk: &Desk, holders: &[Holder], version: u32) {
    for holder in holders {
        let mut follow = desk.engine.follow::<Licence>(holder.licence);
        loop {
            let view = desk.engine.view::<Licence>(holder.licence).await.unwrap().unwrap();
            let Licence::Known(life) = view.state else { panic!("it began") };
            if life.document.is_some_and(|document| document.version == version) {
                break;
            }
            follow.until(|now| now.version > view.version).await.unwrap();
        }
    }
}

/// New versions a second, after every record changed.
async fn reissue(desk: &Desk, holders: &[Holder]) -> f64 {
    for record in desk.book.real.lock().unwrap().values_mut() {
        record.classes = "B2".parse().unwrap();
    }
    let began = Instant::now();
    let (counts, _) = sweep(desk).await;
    assert_eq!(counts.reissued, holders.len() as u64, "{counts:?}");
    signed(desk, holders, 2).await;
    holders.len() as f64 / began.elapsed().as_secs_f64()
}

/// The p99 of an applicant's commands, in milliseconds, beside `other`.
async fn p99<F: Future<Output = ()> + Send + 'static>(
    desk: &Arc<Desk>,
    other: impl FnOnce(Arc<AtomicBool>) -> F,
) -> f64 {
    let over = Arc::new(AtomicBool::new(false));
    let other = tokio::spawn(other(over.clone()));
    let began = Instant::now();
    let mut took = Vec::new();
    while began.elapsed() < WATCHED {
        took.extend(applicant::apply(desk).await.commands.map(|(took, _)| took));
    }
    over.store(true, Ordering::Relaxed);
    other.await.unwrap();
    took.sort();
    took[(took.len() * 99 / 100).min(took.len() - 1)].as_secs_f64() * 1e3
}

fn key(name: &str) -> CommandId {
    CommandId::client(name).unwrap()
}

/// MiB in memory now.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.map_or(f64::NAN, |kib| kib / 1_024.0)
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    let middle = of.len() / 2;
    if of.len() % 2 == 1 { of[middle] } else { (of[middle - 1] + of[middle]) / 2.0 }
}

fn rounded(figure: f64) -> f64 {
    (figure * 1e3).round() / 1e3
}
