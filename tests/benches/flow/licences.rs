//! `--licences N`: so many people become holders, durably and in every form: code, SD-JWT VC and mdoc, bound to a
//! wallet's key, with an entry in a status list and in the log, both published beside it. In the end a sample is read
//! back and verified.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sealwright::certificates::furnish;
use sealwright::config::Config;
use sealwright::publication::{Plan, Publisher};
use sealwright_credentials::sd_jwt::Request;
use sealwright_credentials::x509::Certificate;
use sealwright_credentials::{Es256Signer, KeyDirectory, Signer, Verdict, mdoc, sd_jwt, verify};
use sealwright_workflows::office::dossier::Holder;
use serde::Serialize;

use crate::applicant::apply_with;
use crate::figures::quantile;
use crate::ground::{Desk, Ground, ISSUER};
use crate::memory::resident;

/// One of so many is read back.
const SAMPLED: usize = 97;

/// The first, the middle and the last tenth tell whether it slows down.
const PARTS: usize = 10;

/// What came of it.
#[derive(Serialize)]
struct Figures {
    store: &'static str,
    licences: usize,
    clients: usize,
    seconds: f64,
    /// Licences per second, every form of each.
    per_s: f64,
    /// The same of each tenth.
    per_s_by_tenth: Vec<f64>,
    submit_to_issued_p50_ms: f64,
    submit_to_issued_p99_ms: f64,
    /// From the last licence to the moment at which log and lists have everything.
    published_after_s: f64,
    /// Entries in the log: one for each form.
    log_size: u64,
    bytes_per_licence: i64,
    resident_mib: f64,
    verified: usize,
}

pub(crate) async fn measure(ground: &Ground, licences: usize, clients: usize, json: bool) {
    let place = ground.place().await;
    let keys = KeyDirectory::plain(place.keys());
    let mut config = Config::default();
    config.office.issuer = ISSUER.into();
    furnish(&keys, &config, now()).unwrap();
    let opened = place.open().await;
    let plan = Plan::of(ISSUER, "");
    let publisher = Publisher::new(opened.store.clone(), opened.database.clone(), &opened.key, plan).unwrap();
    let publisher = Arc::new(publisher);
    let desk = Arc::new(place.desk_on(opened, 20_000, publisher.clone()).await);
    let publishing = tokio::spawn(publish_now_and_then(publisher.clone(), desk.clone()));

    let began = Instant::now();
    let issued = issue(&desk, licences, clients).await;
    let seconds = began.elapsed().as_secs_f64();
    publishing.abort();
    let (ended, _) = (Instant::now(), publishing.await);
    let log_size = publish_all(&publisher, &desk, licences as u64 * 3).await;
    let published_after_s = ended.elapsed().as_secs_f64();

    let mut verified = 0;
    for holder in issued.holders.iter().step_by(SAMPLED) {
        every_form_is_valid(&desk, *holder).await;
        verified += 1;
    }
    let part = licences.div_ceil(PARTS);
    let mut last = Duration::ZERO;
    let tenths = issued.at.chunks(part).map(|part| {
        let end = part.last().copied().unwrap_or(last);
        let took = (end - last).as_secs_f64();
        last = end;
        (part.len() as f64 / took).round()
    });
    let per_s_by_tenth = tenths.collect();
    place.settle().await;
    let figures = Figures {
        store: ground.name(),
        licences,
        clients,
        seconds: (seconds * 10.0).round() / 10.0,
        per_s: (licences as f64 / seconds).round(),
        per_s_by_tenth,
        submit_to_issued_p50_ms: quantile(&issued.latencies, 0.5),
        submit_to_issued_p99_ms: quantile(&issued.latencies, 0.99),
        published_after_s: (published_after_s * 10.0).round() / 10.0,
        log_size,
        bytes_per_licence: place.size().await / licences as i64,
        resident_mib: resident(),
        verified,
    };
    figures.print(json);
    desk.engine.stop().await;
    drop(desk);
    place.clear().await;
}

struct Issued {
    holders: Vec<Holder>,
    /// When each was issued, in that order.
    at: Vec<Duration>,
    /// Sorted.
    latencies: Vec<Duration>,
}

async fn issue(desk: &Arc<Desk>, licences: usize, clients: usize) -> Issued {
    let (begun, began) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let wallet = Es256Signer::from_scalar(&[3; 32]).unwrap().public_key().clone();
    let work = (0..clients).map(|_| {
        let (desk, begun, wallet) = (desk.clone(), begun.clone(), wallet.clone());
        tokio::spawn(async move {
            let mut done = Vec::new();
            while begun.fetch_add(1, Ordering::Relaxed) < licences {
                let (times, holder) = apply_with(&desk, Some(&wallet)).await;
                done.push((began.elapsed(), times.submit_to_issued, holder));
            }
            done
        })
    });
    let mut done = Vec::with_capacity(licences);
    for client in work.collect::<Vec<_>>() {
        done.extend(client.await.unwrap());
    }
    done.sort_by_key(|(at, ..)| *at);
    let mut latencies: Vec<_> = done.iter().map(|(_, latency, _)| *latency).collect();
    latencies.sort();
    let at = done.iter().map(|(at, ..)| *at).collect();
    Issued { holders: done.into_iter().map(|(.., holder)| holder).collect(), at, latencies }
}

/// As a server does while it issues.
async fn publish_now_and_then(publisher: Arc<Publisher>, desk: Arc<Desk>) {
    let mut every = tokio::time::interval(Duration::from_secs(2));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        publisher.step(&desk.office.keys(), now()).await.unwrap();
    }
}

/// Until the log has so many entries.
async fn publish_all(publisher: &Publisher, desk: &Desk, entries: u64) -> u64 {
    loop {
        let stepped = publisher.step(&desk.office.keys(), now()).await.unwrap();
        if stepped.log_size >= entries && stepped.changed == 0 {
            return stepped.log_size;
        }
    }
}

async fn every_form_is_valid(desk: &Desk, holder: Holder) {
    let (dossiers, keys) = (desk.office.dossiers(), desk.office.keys());
    let credential = dossiers.credential(holder.person, holder.licence, 1).await.unwrap().unwrap();
    let bytes = dossiers.mdoc(holder.person, holder.licence, 1).await.unwrap().expect("an mdoc");
    let at = now();
    assert_eq!(verify(credential.code.as_str(), keys.key_set(), at, None).verdict, Verdict::Valid);
    let request = Request { vct: desk.office.credential_type().vct(), issuer: Some(ISSUER), binding: None };
    let text = credential.sd_jwt.expect("an SD-JWT VC");
    let shown = sd_jwt::verify(text.as_str(), keys.key_set(), at, &request);
    assert_eq!(shown.verdict, Verdict::Valid);
    let roots: Vec<Certificate> = keys.certificates().roots().cloned().collect();
    let report = mdoc::verify(&bytes, &roots, at, None);
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.checks);
    let (one, other) = (shown.presented.unwrap().status, report.document.unwrap().status);
    assert!(one.is_some() && one == other, "one entry for all forms");
}

fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64
}

impl Figures {
    fn print(&self, json: bool) {
        if json {
            println!("{}", serde_json::to_string(self).unwrap());
            return;
        }
        let Self { store, licences, clients, seconds, per_s, .. } = self;
        println!(
            "{store}: {licences} licences in 3 forms each, {clients} clients: {seconds} s, {per_s} per s"
        );
        println!("  by tenth, per s: {:?}", self.per_s_by_tenth);
        println!(
            "  submit to issued: p50 {:.1} ms, p99 {:.1} ms; log ({} entries) and lists complete {} s after the last",
            self.submit_to_issued_p50_ms, self.submit_to_issued_p99_ms, self.log_size, self.published_after_s
        );
        println!(
            "  {} bytes on disk for each, {:.0} MiB resident, {} read back and VALID in every form",
            self.bytes_per_licence, self.resident_mib, self.verified
        );
    }
}
