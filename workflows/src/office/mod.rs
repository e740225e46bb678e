//! The office: what carries the workflows' effects out, and what takes things in. It may use threads,
//! network and image decoders; the workflows themselves know none of it.

pub mod photo;
