//! A comparison as an HTML file.

use std::io;
use std::path::Path;

use super::Error;
use super::visible::visible;
use crate::pipeline::report::Comparison;
use crate::span::OffsetUnit;
use crate::{html, server};

/// Writes the report on a comparison.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, comparison: &Comparison) -> Result<(), Error> {
    let json = server::json::comparison(comparison, OffsetUnit::Utf16);
    let texts: Vec<&str> = comparison.readouts.iter().map(|readout| readout.text.as_str()).collect();
    let names: Vec<&str> = comparison.sides.iter().map(|side| side.display_name.as_str()).collect();
    let title = visible(&format!("Parallax: {}", names.join(", ")));
    let wrong = |error: io::Error| Error::argument("--html", format!("cannot write {}: {error}", path.display()));
    std::fs::write(path, html::report(&title, &json, &texts)).map_err(wrong)
}
