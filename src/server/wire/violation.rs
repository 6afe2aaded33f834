//! What a request breaks, gathered over all of its fields before anything is refused.

use std::fmt;

/// Bytes of paths and descriptions that are kept. They travel in a response header, in base64, and clients refuse
/// more than 8 KiB of headers by default (grpc-java and the C core).
const KEPT_BYTES: usize = 4_096;
/// Bytes that one violation takes besides its path and description: two tags and two lengths, twice.
const FRAMING_BYTES: usize = 8;
/// Paths named in the one-line form.
const NAMED_PATHS: usize = 5;

/// A field that breaks its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field in the request (`readouts[1].text`). Never holds text of the caller.
    pub field: String,
    /// What the rule asks for, and by how much it was missed. Never holds text of the caller.
    pub description: String,
}

/// All the fields that break their rules.
///
/// Holds the first ones, up to 4 KiB, and the number of the others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Violations {
    kept: Vec<Violation>,
    kept_bytes: usize,
    n_left_out: usize,
}

impl Violations {
    /// The violations, in the order of the request.
    #[must_use]
    pub fn kept(&self) -> &[Violation] {
        &self.kept
    }

    /// How many more there are.
    #[must_use]
    pub const fn n_left_out(&self) -> usize {
        self.n_left_out
    }

    /// One line that names the first paths ("2 fields break their rules: readouts, options").
    #[must_use]
    pub fn summary(&self) -> String {
        let n_fields = self.kept.len() + self.n_left_out;
        let paths: Vec<&str> = self.kept.iter().take(NAMED_PATHS).map(|violation| violation.field.as_str()).collect();
        let (noun, verb) = if n_fields == 1 { ("field", "breaks its rule") } else { ("fields", "break their rules") };
        let more = if n_fields > paths.len() { ", …" } else { "" };
        format!("{n_fields} {noun} {verb}: {}{more}", paths.join(", "))
    }

    /// `value` when no rule was broken.
    pub(super) fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.kept.is_empty() && self.n_left_out == 0 { Ok(value) } else { Err(self) }
    }

    pub(super) fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        let violation = Violation { field: field.into(), description: description.into() };
        self.kept_bytes += violation.field.len() + violation.description.len() + FRAMING_BYTES;
        // After the first one that does not fit none is kept, so that those kept are the first ones.
        if self.kept_bytes <= KEPT_BYTES {
            self.kept.push(violation);
        } else {
            self.n_left_out += 1;
        }
    }

    /// Checks that a text may be unset but is not too long.
    pub(super) fn at_most(&mut self, field: &str, value: &str, max: usize) {
        if value.len() > max {
            self.add(field, format!("must have at most {max} bytes, has {}", value.len()));
        }
    }

    /// Checks that a text, when set, is neither blank nor too long.
    pub(super) fn unset_or_text(&mut self, field: &str, value: &str, max: usize) {
        if !value.is_empty() {
            self.text(field, value, max);
        }
    }

    /// Checks that a text is set, not blank and not too long.
    pub(super) fn text(&mut self, field: &str, value: &str, max: usize) {
        if value.is_empty() {
            self.add(field, format!("must have 1 to {max} bytes, is empty"));
        } else if value.len() > max {
            self.at_most(field, value, max);
        } else if value.trim().is_empty() {
            self.add(field, "must not be blank");
        }
    }

    /// Checks that a list has no more than `max` elements. The others are not looked at.
    pub(super) fn count(&mut self, field: &str, n: usize, min: usize, max: usize) {
        if n < min || n > max {
            let bounds = if min == 0 { format!("at most {max}") } else { format!("{min} to {max}") };
            self.add(field, format!("must hold {bounds} elements, holds {n}"));
        }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, violation) in self.kept.iter().enumerate() {
            let separator = if place == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{}: {}", violation.field, violation.description)?;
        }
        if self.n_left_out > 0 {
            write!(formatter, "\nand {} more", self.n_left_out)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}
