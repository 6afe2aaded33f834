//! The one integration binary, so that it links once: gold cases, laws, the command line, the evaluation, the service
//! over a real socket.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod cancel;
mod cli;
mod entry_points;
mod evaluate;
mod gold_cases;
mod invariants;
mod server;
mod statement_pairs;
