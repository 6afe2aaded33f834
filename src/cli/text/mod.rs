//! The form of an answer that is made to be read.
//!
//! In: a comparison or an extraction, and a width. Out: styled text; the caller strips the styles where no terminal
//! shows them. All text that comes from outside goes through [`visible`](super::visible::visible) first.

mod comparison;

mod extraction;

mod names;

mod page;

#[cfg(test)]
mod tests;

pub use comparison::comparison;
pub use extraction::extraction;
pub use names::{counted, engine_name};
