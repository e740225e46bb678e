//! The running engine, on memory and a manual clock.
#![allow(clippy::unwrap_used, reason = "helpers of tests, which may panic as tests do")]

mod carrier;
mod desk;
mod odd;
mod parcel;
mod relay;

mod across;
mod basics;
mod bounds;
mod deadlines;
mod outbox;
mod parked;
mod policy;
mod races;
mod recovery;
mod schedules;
mod stop;
mod tamper;
mod tasks;
mod watch;
