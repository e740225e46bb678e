//! State diagrams drawn from the code, so that they cannot be out of date.
//!
//! [`Diagram::explore`] plays a workflow through, breadth first, with the commands of its
//! [`Samples`], and notes which command leads from which phase to which. The result is data
//! (serde), [Mermaid](Diagram::to_mermaid) text, or an [SVG](Diagram::to_svg) that needs nothing
//! else.
//!
//! Endlessly many states look alike: an exploration keeps at most eight that have the same
//! phase and accept the same commands. What it draws can happen; what it does not draw may still
//! happen with commands that the samples lack.

mod diagram;
mod layout;
mod mermaid;
mod samples;
mod search;
mod svg;

pub use diagram::{Diagram, Edge, Exit, Node, Step};
pub use samples::{INSTANCE, START, Samples};
#[cfg(feature = "testing")]
pub(crate) use {
    samples::{admits, fold, performer},
    search::{Sent, ways},
};
