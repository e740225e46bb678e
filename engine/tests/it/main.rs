//! The running engine, on memory and a manual clock.

mod basics;
mod parcel;
