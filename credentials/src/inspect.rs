//! Whatever somebody shows: recognised by its content, verified as what it is, and answered in one form.
//!
//! [`Shown::of`] tells a licence code, a show code, a typed code, an SD-JWT, an mdoc and a device's response
//! apart. [`inspect`] verifies it with what the verifier has ([`Asked`]) and lists every check. It fails closed:
//! what the verifier lacks keys, roots or a session for is UNKNOWN, and a status list that was given and cannot
//! be believed leaves no credential good that is in one.
//!
//! ```
//! use sealwright_credentials::inspect::{Asked, Form, Shown, inspect};
//! use sealwright_credentials::{KeySet, Verdict};
//!
//! let shown = Shown::of(b"SW1:NOT-ONE-OF-OURS\n").ok_or("nothing that is known here")?;
//! assert_eq!(shown.form(), Form::Code);
//! let keys = KeySet::default();
//! let report = inspect(&shown, &Asked::of(&keys, 1_795_000_000));
//! assert_eq!(report.verdict, Verdict::Invalid);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod shown;

mod asked;

mod evidence;

mod report;

mod status;

pub use asked::Asked;
pub use report::{Report, Told, inspect};
pub use shown::{Form, MAX_SHOWN, Shown};
