//! What the benchmarks work on: the contacts of `training/contacts` that are in English, one after another, those in the
//! third person first. No text is in an input twice: there are 36,810 words on the left and 41,255 on the right.

use parallax::readout::{Readout, Side, Statement};
use std::path::Path;
use std::sync::LazyLock;

/// One contact, as each of its two sides tells it.
struct Contact {
    genre: String,
    tellings: [Telling; 2],
}

/// What one side tells, and its names.
struct Telling {
    names: Vec<String>,
    principal: String,
    text: String,
    statements: Vec<Statement>,
}

/// Ids of the sides.
const SIDES: [&str; 2] = ["a", "b"];

static CONTACTS: LazyLock<Vec<Contact>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("training/contacts/texts");
    let files = std::fs::read_dir(folder).expect("the contacts are there").flatten().map(|file| file.path());
    let mut files: Vec<_> = files.filter(|file| !file.to_string_lossy().contains("chinese-")).collect();
    files.sort();
    let read = |file| contact(&std::fs::read_to_string(file).expect("contacts are UTF-8"));
    let mut contacts: Vec<Contact> = files.iter().map(read).collect();
    // A stable sort: by name where the genre is the same.
    contacts.sort_by_key(|contact| ["third_person", "mixed", "first_person"].iter().position(|g| *g == contact.genre));
    contacts
});

/// Two readouts of `words` words, and their sides with the names and the speakers of all contacts that are in them. The
/// language is left to be found, as most callers leave it.
pub fn pair(words: usize) -> ([Readout; 2], [Side; 2]) {
    let mut sides = SIDES.map(|id| Side { id: id.to_owned(), ..Side::default() });
    let mut texts = [String::new(), String::new()];
    for contact in CONTACTS.iter() {
        if texts.iter().all(|text| byte_after(text, words).is_some()) {
            break;
        }
        for at in [0, 1] {
            let telling = &contact.tellings[at];
            if sides[at].display_name.is_empty() {
                sides[at].display_name.clone_from(&telling.names[0]);
            }
            sides[at].aliases.extend(telling.names.iter().cloned());
            sides[at].principals.push(telling.principal.clone());
            texts[at] += &telling.text;
            texts[at] += "\n\n";
        }
    }
    let readouts = [0, 1].map(|at| {
        let end = byte_after(&texts[at], words).expect("there are enough contacts");
        Readout { author: Some(SIDES[at].to_owned()), ..Readout::from_text(SIDES[at], &texts[at][..end]) }
    });
    (readouts, sides)
}

/// Two readouts of `n` ready-made statements: the first ones that are annotated.
pub fn statements(n: usize) -> [Readout; 2] {
    [0, 1].map(|at| {
        let all = CONTACTS.iter().flat_map(|contact| &contact.tellings[at].statements);
        let first: Vec<Statement> = all.take(n).cloned().collect();
        assert_eq!(first.len(), n, "there are enough statements");
        Readout::from_statements(SIDES[at], first)
    })
}

/// The sides of [`statements`], which name the holders.
pub fn sides() -> [Side; 2] {
    SIDES.map(|id| Side { id: id.to_owned(), display_name: format!("Side {id}"), ..Side::default() })
}

/// Where the first `words` words of `text` end, if it has so many.
fn byte_after(text: &str, words: usize) -> Option<usize> {
    let word = text.split_whitespace().nth(words - 1)?;
    Some(word.as_ptr() as usize - text.as_ptr() as usize + word.len())
}

fn contact(source: &str) -> Contact {
    let (head, rest) = source.split_once("\n## a\n").expect("a contact has a text a");
    let (a, rest) = rest.split_once("\n## b\n").expect("and a text b");
    let (b, _) = rest.split_once("\n## links\n").expect("and links");
    let field =
        |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).expect("its head");
    Contact { genre: field("genre").to_owned(), tellings: [telling(field("A"), a), telling(field("B"), b)] }
}

/// Of `name | aliases | principal` and a text in which `[a1 A urge| words]` marks a position.
fn telling(names: &str, source: &str) -> Telling {
    let [name, aliases, principal] = names.split(" | ").collect::<Vec<_>>()[..] else {
        panic!("three fields: {names}")
    };
    let (mut text, mut statements) = (String::new(), Vec::new());
    let mut pieces = source.trim().split('[');
    text += pieces.next().expect("a split has a first piece");
    for piece in pieces {
        let (mark, rest) = piece.split_once("| ").expect("a mark ends so");
        let (quote, after) = rest.split_once(']').expect("a mark is closed");
        let holders = match mark.split(' ').nth(1).expect("a mark has a holder") {
            "A" => vec![SIDES[0].to_owned()],
            "B" => vec![SIDES[1].to_owned()],
            "joint" => SIDES.map(str::to_owned).to_vec(),
            _ => Vec::new(),
        };
        text += quote;
        text += after;
        statements.push(Statement { text: quote.to_owned(), holders, ..Statement::default() });
    }
    let names = std::iter::once(name).chain(aliases.split(", ")).map(|name| name.trim().to_owned()).collect();
    Telling { names, principal: principal.trim().to_owned(), text, statements }
}
