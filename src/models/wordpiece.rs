//! Uncased BERT WordPiece: text in, ids of `models/vocab.txt` out, without `[CLS]` and `[SEP]`.
//!
//! Equal to the reference tokenizer of all-MiniLM-L6-v2 on every input: special tokens written out in the text stay
//! special; control characters go; ideographs and punctuation, ASCII symbols too, are words by themselves; accents and
//! case are folded; then the longest piece that fits is taken, again and again (Wu et al. 2016, arXiv:1609.08144). A
//! word of more than 100 characters, or with a rest that no piece begins, is `[UNK]`.
//!
//! What happens to a character is read from a table taken from the reference itself. No Unicode crate can stand in: the
//! reference mixes old categories with later decompositions and case pairs, and an upgrade of a crate would move the
//! ids away from those the weights were trained on.
//!
//! ```
//! use parallax::models::wordpiece;
//! let ids = wordpiece::tokenize("Unaffable Café", 512);
//! assert_eq!(ids, [14477, 20961, 3468, 7668]); // una ##ffa ##ble cafe
//! ```

use std::sync::LazyLock;

/// The vocabulary, `models/vocab.txt`.
pub static WEIGHTS: &[u8] = include_bytes!("../../models/vocab.txt");

/// Id of `[PAD]`.
pub const PAD: u32 = 0;

/// Id of `[UNK]`, a word that the vocabulary cannot spell.
pub const UNK: u32 = 100;

/// Id of `[CLS]`, the first token of a transformer's input.
pub const CLS: u32 = 101;

/// Id of `[SEP]`, the token after each text of a transformer's input.
pub const SEP: u32 = 102;

/// Entries of the vocabulary; every id is below it.
pub const N_TOKENS: usize = 30_522;

/// The ids of the first `limit` tokens of a text.
#[must_use]
pub fn tokenize(text: &str, limit: usize) -> Vec<u32> {
    let mut ids = Vec::new();
    tokenize_into(text, limit, &mut ids);
    ids
}

/// Appends the ids of the first `limit` tokens of a text to `ids`, which may be reused from call to call.
pub fn tokenize_into(text: &str, limit: usize, ids: &mut Vec<u32>) {
    for_each_token(text, limit, |id| ids.push(id));
}

/// Hands the ids of the first `limit` tokens of a text to `sink`, in order. Allocates nothing.
pub(super) fn for_each_token(text: &str, limit: usize, sink: impl FnMut(u32)) {
    let (fold, vocabulary) = (&*FOLD, &*VOCABULARY);
    let mut splitter =
        Splitter { vocabulary, sink, n_left: limit, word: [0; MAX_WORD_BYTES], n_bytes: 0, n_characters: 0 };
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() && splitter.n_left > 0 {
        let byte = bytes[at];
        if byte.is_ascii() {
            at += 1;
            match ASCII[usize::from(byte)] {
                Ascii::Drop => {}
                Ascii::Space => splitter.end_word(),
                Ascii::Letter(lowercase) => splitter.push_ascii(lowercase),
                Ascii::Punctuation => {
                    splitter.end_word();
                    match special_token(byte, &bytes[at..]) {
                        Some((id, n_bytes)) => {
                            splitter.emit(id);
                            at += n_bytes;
                        }
                        None => splitter.lone(char::from(byte)),
                    }
                }
            }
        } else {
            let character = text[at..].chars().next().expect("`at` is on a boundary before the end");
            at += character.len_utf8();
            splitter.push_folded(character, fold);
        }
    }
    splitter.end_word();
}

/// The special tokens with their ids. The reference looks for them before anything else, by exact case.
const SPECIAL: [(&[u8], u32); 5] =
    [(b"[PAD]", PAD), (b"[UNK]", UNK), (b"[CLS]", CLS), (b"[SEP]", SEP), (b"[MASK]", 103)];

/// Id of the special token that begins with `byte` and goes on in `rest`, and the bytes it takes of `rest`.
fn special_token(byte: u8, rest: &[u8]) -> Option<(u32, usize)> {
    if byte != b'[' {
        return None;
    }
    SPECIAL.iter().find(|(token, _)| rest.starts_with(&token[1..])).map(|&(token, id)| (id, token.len() - 1))
}

/// Most characters of a word; a longer one is unknown. The reference's `max_input_chars_per_word`.
const MAX_WORD_CHARACTERS: usize = 100;

/// Room for the longest word: a character has at most 4 bytes.
const MAX_WORD_BYTES: usize = 4 * MAX_WORD_CHARACTERS;

/// Collects the characters of a word and hands on its pieces when it ends.
struct Splitter<'a, F> {
    vocabulary: &'a Vocabulary,
    sink: F,
    /// Tokens still wanted.
    n_left: usize,
    word: [u8; MAX_WORD_BYTES],
    n_bytes: usize,
    /// Counts on beyond [`MAX_WORD_CHARACTERS`], where `word` no longer grows.
    n_characters: usize,
}

impl<F: FnMut(u32)> Splitter<'_, F> {
    fn emit(&mut self, id: u32) {
        if self.n_left > 0 {
            self.n_left -= 1;
            (self.sink)(id);
        }
    }

    fn push_ascii(&mut self, byte: u8) {
        if self.n_characters < MAX_WORD_CHARACTERS {
            self.word[self.n_bytes] = byte;
            self.n_bytes += 1;
        }
        self.n_characters += 1;
    }

    fn push(&mut self, character: char) {
        if self.n_characters < MAX_WORD_CHARACTERS {
            self.n_bytes += character.encode_utf8(&mut self.word[self.n_bytes..]).len();
        }
        self.n_characters += 1;
    }

    fn push_folded(&mut self, character: char, fold: &Fold) {
        if let Some(jamo) = hangul_jamo(character) {
            jamo.into_iter().flatten().for_each(|jamo| self.push(jamo));
            return;
        }
        let rule = fold.rule(character);
        if let Some(replacement) = fold.replacement(rule) {
            for &character in replacement {
                match character.is_ascii() {
                    true => self.push_as(character, ascii_rule(character)),
                    false => self.push_as(character, fold.rule(character)),
                }
            }
        } else {
            self.push_as(character, rule);
        }
    }

    fn push_as(&mut self, character: char, rule: Rule) {
        match rule {
            Fold::DROP => {}
            Fold::SPACE => self.end_word(),
            Fold::LONE => {
                self.end_word();
                self.lone(character);
            }
            _ => self.push(character),
        }
    }

    /// A character that is a word by itself.
    fn lone(&mut self, character: char) {
        self.push(character);
        self.end_word();
    }

    fn end_word(&mut self) {
        let (n_bytes, n_characters) = (self.n_bytes, self.n_characters);
        (self.n_bytes, self.n_characters) = (0, 0);
        if n_characters == 0 {
            return;
        }
        let mut pieces = [0; MAX_WORD_CHARACTERS];
        let n_pieces = match n_characters {
            ..=MAX_WORD_CHARACTERS => self.vocabulary.pieces(&self.word[..n_bytes], &mut pieces),
            _ => None,
        };
        match n_pieces {
            Some(n_pieces) => pieces[..n_pieces].iter().for_each(|&id| self.emit(u32::from(id))),
            None => self.emit(UNK),
        }
    }
}

/// What becomes of an ASCII character.
#[derive(Clone, Copy)]
enum Ascii {
    Drop,
    Space,
    Punctuation,
    Letter(u8),
}

const ASCII: [Ascii; 128] = {
    let mut rules = [Ascii::Drop; 128];
    let mut byte = 0_u8;
    while byte < 128 {
        rules[byte as usize] = match byte {
            b'\t' | b'\n' | b'\r' | b' ' => Ascii::Space,
            _ if byte.is_ascii_control() => Ascii::Drop,
            _ if byte.is_ascii_punctuation() => Ascii::Punctuation,
            _ => Ascii::Letter(byte.to_ascii_lowercase()),
        };
        byte += 1;
    }
    rules
};

/// The rule of an ASCII character that stands in for another: "=" for "≠".
fn ascii_rule(character: char) -> Rule {
    match character.is_ascii_punctuation() {
        true => Fold::LONE,
        false => Fold::KEEP,
    }
}

/// The letters of a Hangul syllable, by The Unicode Standard 3.12.
fn hangul_jamo(character: char) -> Option<[Option<char>; 3]> {
    if !('\u{AC00}'..='\u{D7A3}').contains(&character) {
        return None;
    }
    let syllable = u32::from(character) - 0xAC00;
    let tail = syllable % 28;
    Some([
        char::from_u32(0x1100 + syllable / 588),
        char::from_u32(0x1161 + syllable % 588 / 28),
        if tail == 0 { None } else { char::from_u32(0x11A7 + tail) },
    ])
}

/// What becomes of a character: one of the constants of [`Fold`], or, above them, the number of a replacement.
type Rule = u16;

/// The rules of all characters outside ASCII and the Hangul syllables, by pages of 256.
struct Fold {
    /// Page number of a code point's block of 256.
    pages: Vec<u16>,
    /// The first [`Fold::N_KINDS`] pages hold one rule throughout, each its own.
    rules: Vec<[Rule; 256]>,
    /// End of each replacement in `replaced`; the first begins at zero.
    ends: Vec<u16>,
    replaced: Vec<char>,
}

static FOLD: LazyLock<Fold> = LazyLock::new(|| Fold::parse(include_str!("wordpiece_fold.tsv")));

impl Fold {
    const KEEP: Rule = 0;
    const DROP: Rule = 1;
    const SPACE: Rule = 2;
    const LONE: Rule = 3;
    const N_KINDS: Rule = 4;

    fn rule(&self, character: char) -> Rule {
        let code = u32::from(character) as usize;
        self.rules[usize::from(self.pages[code >> 8])][code & 0xFF]
    }

    fn replacement(&self, rule: Rule) -> Option<&[char]> {
        let index = usize::from(rule.checked_sub(Self::N_KINDS)?);
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        Some(&self.replaced[usize::from(start)..usize::from(self.ends[index])])
    }

    fn parse(table: &str) -> Self {
        let mut fold = Self {
            pages: vec![Self::KEEP; (char::MAX as usize >> 8) + 1],
            rules: (0..Self::N_KINDS).map(|kind| [kind; 256]).collect(),
            ends: Vec::new(),
            replaced: Vec::new(),
        };
        for row in table.lines().filter(|row| !row.starts_with('#')) {
            let (first, last, rule) = row
                .split_once('\t')
                .and_then(|(first, rest)| rest.split_once('\t').map(|(last, rule)| (first, last, rule)))
                .expect("a row has three columns");
            let rule = match rule {
                "drop" => Self::DROP,
                "space" => Self::SPACE,
                "punctuation" | "ideograph" => Self::LONE,
                characters => {
                    let characters = characters.split(' ');
                    fold.replaced.extend(characters.map(|code| char::from_u32(code_point(code)).expect("a character")));
                    fold.ends.push(u16::try_from(fold.replaced.len()).expect("some thousand characters"));
                    Self::N_KINDS + u16::try_from(fold.ends.len() - 1).expect("some thousand replacements")
                }
            };
            fold.set(code_point(first) as usize, code_point(last) as usize, rule);
        }
        fold
    }

    fn set(&mut self, first: usize, last: usize, rule: Rule) {
        for page in first >> 8..=last >> 8 {
            let from = first.max(page << 8) & 0xFF;
            let to = last.min(page << 8 | 0xFF) & 0xFF;
            if (from, to) == (0, 0xFF) && rule < Self::N_KINDS {
                self.pages[page] = rule;
                continue;
            }
            if self.pages[page] < Self::N_KINDS {
                let copy = self.rules[usize::from(self.pages[page])];
                self.pages[page] = u16::try_from(self.rules.len()).expect("fewer pages than code points / 256");
                self.rules.push(copy);
            }
            self.rules[usize::from(self.pages[page])][from..=to].fill(rule);
        }
    }
}

fn code_point(hexadecimal: &str) -> u32 {
    u32::from_str_radix(hexadecimal, 16).expect("a hexadecimal code point")
}

/// Pieces by their bytes: a hash table of ids with open addressing, so that a look-up touches one slot and one piece.
struct Vocabulary {
    /// High half: a part of the hash. Low half: the id. [`Vocabulary::EMPTY`] when free.
    slots: Vec<u32>,
    /// The pieces, each with the line feed after it.
    lines: &'static [u8],
    /// Start of each piece in `lines`, and the end of the last.
    starts: Vec<u32>,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::parse(WEIGHTS));

/// Marks a piece that goes on a word.
const CONTINUATION: &[u8] = b"##";

impl Vocabulary {
    const EMPTY: u32 = u32::MAX;

    /// Twice the entries and a little: probes stay short.
    const N_SLOTS: usize = 1 << 16;

    /// Bytes of the longest piece, "telecommunications"; a test holds it to the file.
    const LONGEST: usize = 18;

    /// FNV-1a. Continuations begin elsewhere, so that "ing" and "##ing" part.
    const START_HASH: u64 = 0xCBF2_9CE4_8422_2325;
    const CONTINUATION_HASH: u64 = 0x9E37_79B9_7F4A_7C15;

    fn parse(lines: &'static [u8]) -> Self {
        let mut vocabulary =
            Self { slots: vec![Self::EMPTY; Self::N_SLOTS], lines, starts: Vec::with_capacity(N_TOKENS + 1) };
        let mut start = 0;
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            let piece = &line[..line.len() - 1];
            let (hash, body) = match piece.strip_prefix(CONTINUATION) {
                Some(body) => (Self::CONTINUATION_HASH, body),
                None => (Self::START_HASH, piece),
            };
            let (mut slot, mark) = Self::place(body.iter().fold(hash, Self::hash_byte));
            while vocabulary.slots[slot] != Self::EMPTY {
                slot = (slot + 1) % Self::N_SLOTS;
            }
            vocabulary.slots[slot] = mark | u32::try_from(vocabulary.starts.len()).expect("N_TOKENS lines");
            vocabulary.starts.push(start);
            start += u32::try_from(line.len()).expect("a short line");
        }
        vocabulary.starts.push(start);
        vocabulary
    }

    fn hash_byte(hash: u64, byte: &u8) -> u64 {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3)
    }

    /// First slot of a hash, and its part kept in the high half of the slot.
    fn place(hash: u64) -> (usize, u32) {
        let mixed = (hash ^ hash >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((mixed >> 48) as usize, (mixed >> 16) as u32 & 0xFFFF_0000)
    }

    fn piece(&self, id: u16) -> &[u8] {
        let id = usize::from(id);
        &self.lines[self.starts[id] as usize..self.starts[id + 1] as usize - 1]
    }

    /// Id of the piece with these bytes and this hash.
    fn find(&self, body: &[u8], hash: u64, is_continuation: bool) -> Option<u16> {
        let (mut slot, mark) = Self::place(hash);
        loop {
            let entry = self.slots[slot];
            if entry == Self::EMPTY {
                return None;
            }
            if entry & 0xFFFF_0000 == mark {
                let id = (entry & 0xFFFF) as u16;
                let piece = self.piece(id);
                if if is_continuation { piece.strip_prefix(CONTINUATION) == Some(body) } else { piece == body } {
                    return Some(id);
                }
            }
            slot = (slot + 1) % Self::N_SLOTS;
        }
    }

    /// Writes the pieces of a word and returns how many, or `None` when its rest begins with no piece.
    fn pieces(&self, word: &[u8], pieces: &mut [u16; MAX_WORD_CHARACTERS]) -> Option<usize> {
        let (mut start, mut n_pieces) = (0, 0);
        while start < word.len() {
            let rest = &word[start..word.len().min(start + Self::LONGEST)];
            let is_continuation = start > 0;
            let mut hashes = [0; Self::LONGEST];
            let mut hash = if is_continuation { Self::CONTINUATION_HASH } else { Self::START_HASH };
            for (prefix_hash, byte) in hashes.iter_mut().zip(rest) {
                hash = Self::hash_byte(hash, byte);
                *prefix_hash = hash;
            }
            let (id, n_bytes) = (1..=rest.len())
                .rev()
                .find_map(|n| self.find(&rest[..n], hashes[n - 1], is_continuation).map(|id| (id, n)))?;
            pieces[n_pieces] = id;
            n_pieces += 1;
            start += n_bytes;
        }
        Some(n_pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    fn check(text: &str, expected: &[u32]) {
        assert_eq!(tokenize(text, usize::MAX), expected, "{text:?}");
    }

    #[test]
    fn splits_as_the_reference_does() {
        check("", &[]);
        check(" \t\u{200B}", &[]);
        check("Hello, world!", &[7592, 1010, 2088, 999]);
        check("[CLS][SEP]x[MASK]", &[CLS, SEP, 1060, 103]);
        check("[cls]", &[1031, 18856, 2015, 1033]);
        check(&"x".repeat(101), &[UNK]);
        check("1 \u{2260} 2", &[1015, 1027, 1016]);
    }

    #[test]
    fn ids_equal_the_reference() {
        for case in super::super::parity::cases() {
            check(&case.text, &case.ids);
        }
    }

    /// The digest is over the ids of "a" + character + "b", for every character there is.
    #[test]
    fn every_character_is_folded_as_in_the_reference() {
        let mut digest = Sha256::new();
        let (mut text, mut ids) = (String::new(), Vec::new());
        for character in '\0'..=char::MAX {
            text.clear();
            text.extend(['a', character, 'b']);
            ids.clear();
            tokenize_into(&text, usize::MAX, &mut ids);
            digest.update(u32::try_from(ids.len()).expect("a few").to_le_bytes());
            ids.iter().for_each(|id| digest.update(id.to_le_bytes()));
        }
        let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, super::super::parity::file().every_character_sha256);
    }

    #[test]
    fn constants_are_those_of_the_vocabulary() {
        let vocabulary = &*VOCABULARY;
        assert_eq!(vocabulary.starts.len(), N_TOKENS + 1);
        for (token, id) in SPECIAL {
            assert_eq!(vocabulary.piece(u16::try_from(id).expect("small")), token);
        }
        let bodies = (0..N_TOKENS).map(|id| vocabulary.piece(u16::try_from(id).expect("small")));
        let longest = bodies.map(|piece| piece.strip_prefix(CONTINUATION).unwrap_or(piece).len()).max();
        assert_eq!(longest, Some(Vocabulary::LONGEST));
    }

    proptest! {
        #[test]
        fn any_text_has_tokens_and_a_limit_takes_the_first_ones(text in any::<String>(), limit in 0_usize..20) {
            let ids = tokenize(&text, usize::MAX);
            prop_assert!(ids.iter().all(|&id| (id as usize) < N_TOKENS));
            prop_assert_eq!(tokenize(&text, limit), &ids[..limit.min(ids.len())]);
        }
    }
}
