//! Trained weights and the code that runs them. Only this module opens weight files.
//!
//! In: text, or slices of it. Out: token ids, vectors, weights. The weights are files of `models/`, each made by a script
//! under `training/` and with a card that says on what; they are part of the binary, so nothing is read at run time.

mod key_table;

mod vector_code;

pub mod position_spans;

pub mod wordpiece;

pub mod static_embeddings;

mod transformer;

pub mod cross_encoder;

pub mod contextual_embeddings;

pub mod judgement_cache;

#[cfg(test)]
mod parity;

pub use key_table::KeyTable;
