//! The status list.

use std::hint::black_box;

use sealwright_credentials::Signer;
use sealwright_credentials::status_list::{Status, StatusList, Token, Width};

use crate::made::NOW;
use crate::rounds::{busy, median};

const ENTRIES: u32 = 1_000_000;

/// A list in which so many of a hundred licences are not in order, at random places: zlib likes these least.
pub(crate) fn measure(signer: &dyn Signer, rounds: usize, json: bool) {
    for percent in [1, 10, 30] {
        let mut random = fastrand::Rng::with_seed(7);
        let changes: Vec<_> = (0..ENTRIES / 100 * percent)
            .map(|_| (random.u32(..ENTRIES), [Status::Invalid, Status::Suspended][random.usize(..2)]))
            .collect();
        let mut bytes = 0;
        let seconds = median(
            (0..rounds)
                .map(|_| {
                    let began = busy();
                    let mut list = StatusList::new(Width::Two, ENTRIES).unwrap();
                    for (index, status) in &changes {
                        list.set(*index, *status as u8).unwrap();
                    }
                    let packed = list.pack();
                    black_box((token().jwt(&packed, signer).unwrap(), token().cwt(&packed, signer).unwrap()));
                    bytes = packed.as_bytes().len();
                    (busy() - began).as_secs_f64()
                })
                .collect(),
        );
        let algorithm = signer.algorithm().jose();
        if json {
            let line = serde_json::json!({
                "operation": "list", "algorithm": algorithm, "entries": ENTRIES, "changed_percent": percent,
                "bytes": bytes, "seconds": (seconds * 1e4).round() / 1e4,
            });
            println!("{line}");
        } else {
            println!("     list {percent:>8} % {algorithm:>8} {seconds:>7.3} s {bytes:>26}");
        }
    }
}

fn token() -> Token<'static> {
    Token {
        issuer: "https://licences.example",
        uri: "https://licences.example/status/1",
        aggregation_uri: "https://licences.example/status",
        issued_at: NOW,
        expires_at: NOW + 3_600,
        ttl_s: 300,
        chain: &[],
    }
}
