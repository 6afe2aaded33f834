//! Parallax compares official statements.
//!
//! Given one or more readouts of the same contact (a call, a meeting, a negotiation), it says who holds which
//! position, where the sides overlap, where they diverge, and what only one of them mentions, each time with the
//! quoted evidence and the reason.
//!
//! ```
//! use parallax::pipeline::{self, Options};
//! use parallax::readout::Readout;
//!
//! let ours = Readout::from_text("ours", "Minister Aro of Norland reaffirmed support for the Tarn Strait ceasefire.");
//! let theirs = Readout::from_text("theirs", "Minister Vey of Sudria rejected the Tarn Strait ceasefire.");
//! let comparison = pipeline::compare(&[ours, theirs], &[], &Options::default());
//! assert_eq!(comparison.positions.len(), 2);
//! ```

pub mod span;

pub mod readout;

pub mod models;

pub mod pipeline;

pub mod evaluate;

pub mod html;

pub mod server;

pub mod cli;
