//! Texts from files and standard input.
//!
//! In: paths. Out: one [`Readout`] each, whose id is the name of the file without its extension.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::readout::Readout;
use crate::server::limits;

use super::Error;
use super::config::unique;

/// Most bytes of a text, as in the API.
const MAX_BYTES: usize = limits::READOUT_BYTES;

/// The readouts in these files, in their order.
///
/// # Errors
/// When a file cannot be read, is not UTF-8, is blank or too large, or standard input is named twice: the error names
/// the file and its place among the arguments.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Readout>, Error> {
    let is_stdin = |path: &Path| path.as_os_str() == "-";
    if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
        return Err(Error::argument("FILE", "standard input '-' can be read once only"));
    }
    let mut ids = HashSet::new();
    let mut readouts = Vec::with_capacity(paths.len());
    for (i, path) in paths.iter().enumerate() {
        let (name, stem) = if is_stdin(path) {
            ("standard input".to_owned(), "stdin".to_owned())
        } else {
            let stem = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            (format!("'{}'", path.display()), stem)
        };
        let content =
            if is_stdin(path) { read_limited(io::stdin().lock()) } else { File::open(path).and_then(read_limited) };
        let text = content.map_err(|error| error.to_string()).and_then(text);
        let text = text.map_err(|problem| Error::argument(&format!("FILE {}, {name}", i + 1), problem))?;
        readouts.push(Readout::from_text(unique(stem, &mut ids), text));
    }
    Ok(readouts)
}

/// The content, or its beginning when it is over the limit: an endless file must not fill the memory.
fn read_limited(file: impl Read) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut content)?;
    Ok(content)
}

/// The text in the content of a file, without the byte order mark that some editors put before it.
fn text(content: Vec<u8>) -> Result<String, String> {
    if content.len() > MAX_BYTES {
        return Err(format!("larger than {MAX_BYTES} bytes"));
    }
    if content.starts_with(&[0xFF, 0xFE]) || content.starts_with(&[0xFE, 0xFF]) {
        return Err("not UTF-8 but UTF-16: convert it first".to_owned());
    }
    let mut text = String::from_utf8(content)
        .map_err(|error| format!("not UTF-8 (first wrong byte at offset {})", error.utf8_error().valid_up_to()))?;
    if text.starts_with('\u{FEFF}') {
        text.remove(0);
    }
    if text.trim().is_empty() { Err("empty".to_owned()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content: &[u8], expected: Result<&str, &str>) {
        let found = text(content.to_vec());
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn a_text_is_utf_8_not_blank_and_not_too_large() {
        check("\u{FEFF}Aro met Vey.\r\n".as_bytes(), Ok("Aro met Vey.\r\n"));
        check(b"Aro \xE9", Err("not UTF-8 (first wrong byte at offset 4)"));
        check(b"\xFF\xFEA\0", Err("not UTF-8 but UTF-16: convert it first"));
        check(" \n\u{3000}".as_bytes(), Err("empty"));
        check(&vec![b'a'; MAX_BYTES + 1], Err("larger than 1000000 bytes"));
        assert!(text(vec![b'a'; MAX_BYTES]).is_ok());
    }

    #[test]
    fn an_endless_file_is_not_read_to_its_end() {
        let content = read_limited(io::repeat(b'a')).expect("it can be read");
        assert_eq!(content.len(), MAX_BYTES + 1);
    }
}
