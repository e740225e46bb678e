//! The running engine, on memory and a manual clock.

mod parcel;
mod basics;
