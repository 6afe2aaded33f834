//! Requests of our own texts: the annotated contacts of `training/contacts/texts`, without their annotations.

use bytes::Bytes;
use parallax::server::pb;
use prost::Message as _;
use std::path::Path;

/// Requests of two texts of `words` words each, one a contact that has as many; the contacts differ in all of their words.
/// Chinese ones are left out, since their words have no spaces to count by.
pub(super) fn requests(words: usize) -> Vec<pb::CompareRequest> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("training/contacts/texts");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| !path.file_name().unwrap().to_string_lossy().starts_with("chinese"));
    // The order of a folder differs between machines.
    paths.sort();
    let contacts = paths.iter().map(|path| std::fs::read_to_string(path).unwrap());
    let requests: Vec<_> = contacts.filter_map(|contact| request(&contact, words)).collect();
    assert!(requests.len() >= 10, "only {} contacts have {words} words on both sides", requests.len());
    requests
}

/// The same for an engine, as they are sent by `Compare`.
pub(super) fn encoded(requests: &[pb::CompareRequest], engine: pb::Engine) -> Vec<Bytes> {
    requests.iter().map(|request| by(engine, request).encode_to_vec().into()).collect()
}

/// The same as they are sent by `CompareStream`.
pub(super) fn encoded_items(requests: &[pb::CompareRequest], engine: pb::Engine) -> Vec<Bytes> {
    let item = |(at, request): (usize, &pb::CompareRequest)| {
        pb::CompareStreamRequest { id: at.to_string(), request: Some(by(engine, request)) }.encode_to_vec().into()
    };
    requests.iter().enumerate().map(item).collect()
}

fn by(engine: pb::Engine, request: &pb::CompareRequest) -> pb::CompareRequest {
    let options = pb::CompareOptions { engine: engine.into(), ..Default::default() };
    pb::CompareRequest { options: Some(options), ..request.clone() }
}

/// `None` when a text of the contact is shorter.
fn request(contact: &str, words: usize) -> Option<pb::CompareRequest> {
    let (head, rest) = contact.split_once("\n## a\n").unwrap();
    let (ours, rest) = rest.split_once("\n## b\n").unwrap();
    let (theirs, _) = rest.split_once("\n## links\n").unwrap();
    let mut request = pb::CompareRequest::default();
    for (id, text) in [("A", ours), ("B", theirs)] {
        let line = head.lines().find_map(|line| line.strip_prefix(&format!("{id}: "))).unwrap();
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        request.sides.push(pb::Side {
            id: id.to_owned(),
            display_name: parts[0].to_owned(),
            aliases: parts[1]
                .split(',')
                .map(|alias| alias.trim().to_owned())
                .filter(|alias| !alias.is_empty())
                .collect(),
            principals: vec![parts[2].to_owned()],
        });
        request.readouts.push(pb::Readout {
            id: id.to_lowercase(),
            author_side: id.to_owned(),
            content: Some(pb::readout::Content::Text(first_words(&plain(text), words)?)),
            ..Default::default()
        });
    }
    Some(request)
}

/// The text without the marks of positions: `[a1 A agree| they agreed]` is `they agreed`.
fn plain(annotated: &str) -> String {
    let mut parts = annotated.split('[');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, marked) = part.split_once("| ").expect("a mark ends with a bar and a space");
        text.push_str(marked);
    }
    text.replace(']', "").trim().to_owned()
}

/// The text to the end of so many words; `None` when it has fewer.
fn first_words(text: &str, words: usize) -> Option<String> {
    let last = text.split_whitespace().nth(words.checked_sub(1)?)?;
    let end = last.as_ptr() as usize - text.as_ptr() as usize + last.len();
    Some(text[..end].to_owned())
}
