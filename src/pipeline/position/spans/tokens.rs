//! Tokens and words: what the units are cut from and what the features are made of.
//!
//! The same as `training/position_spans/units.py`. The model's own tokens are kept here instead of
//! [`crate::pipeline::segmentation::words`], since it was trained on them: they know dashes, clitics and punctuation.

use super::hash::{FNV_START, fnv, fnv_char};
use crate::models::KeyTable;
use crate::models::position_spans::PositionSpanModel;
use crate::span::Span;
use std::ops::{BitOr, Range};
use std::sync::LazyLock;

/// A set of word classes, as the table `words.tsv` names them.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Classes(u16);

impl Classes {
    pub(super) const ABBREVIATION: Self = Self(1);
    pub(super) const REPORTING: Self = Self(1 << 1);
    pub(super) const THAT: Self = Self(1 << 2);
    pub(super) const CONJUNCTION: Self = Self(1 << 3);
    pub(super) const SUBJECT: Self = Self(1 << 4);
    pub(super) const MODAL: Self = Self(1 << 5);
    pub(super) const GREETING: Self = Self(1 << 6);
    pub(super) const STANCE: Self = Self(1 << 7);
    pub(super) const TITLE: Self = Self(1 << 8);
    pub(super) const STOP: Self = Self(1 << 9);
    pub(super) const OPENER: Self = Self(1 << 10);
    pub(super) const LAUGHTER: Self = Self(1 << 11);

    /// The class of a name in the table.
    fn named(name: &str) -> Self {
        match name {
            "abbreviation" => Self::ABBREVIATION,
            "reporting" => Self::REPORTING,
            "that" => Self::THAT,
            "conjunction" => Self::CONJUNCTION,
            "subject" => Self::SUBJECT,
            "modal" => Self::MODAL,
            "greeting" => Self::GREETING,
            "stance" => Self::STANCE,
            "title" => Self::TITLE,
            "stop" => Self::STOP,
            "opener" => Self::OPENER,
            "laughter" => Self::LAUGHTER,
            _ => Self::default(),
        }
    }

    /// True when one of `others` is in it.
    pub(super) const fn has(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

impl BitOr for Classes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

static CLASSES: LazyLock<KeyTable<Classes>> = LazyLock::new(|| {
    let lines = include_str!("words.tsv").lines().filter(|line| !line.starts_with('#'));
    let rows: Vec<(u32, Classes)> = lines
        .filter_map(|line| line.split_once('\t'))
        .map(|(word, names)| {
            (key(fnv(word)), names.split(' ').fold(Classes::default(), |all, name| all | Classes::named(name)))
        })
        .collect();
    KeyTable::new(rows.into_iter())
});

/// The key of a word by its hash.
#[expect(clippy::cast_possible_truncation, reason = "the key is the lower half")]
const fn key(hash: u64) -> u32 {
    hash as u32
}

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TokenKind {
    /// A run of line ends.
    Newline,
    /// Letters, joined by hyphens; "U.S" without its last full stop.
    Word,
    /// What an apostrophe ties to a word: "’s".
    Clitic,
    /// Digits with commas and points between.
    Number,
    /// "—", "–" or "--".
    Dash,
    /// "…" or "...".
    Ellipsis,
    /// Any other single character that is not white space.
    Symbol,
}

/// One token.
#[derive(Clone, Copy)]
pub(super) struct Token {
    /// Where it stands.
    pub(super) span: Span,
    /// The same in characters.
    pub(super) start_char: usize,
    /// Character after the last one.
    pub(super) end_char: usize,
    pub(super) kind: TokenKind,
    /// Its first character.
    pub(super) first: char,
    /// Of a word: hash of its lower-case form. Otherwise 0.
    pub(super) lower: u64,
    /// Of a word: classes of its lower-case form.
    pub(super) classes: Classes,
    /// Of a word: it ends in "-ing" and is longer than four letters.
    pub(super) is_gerund: bool,
    /// Words before it.
    pub(super) n_words_before: usize,
}

impl Token {
    /// True for the single character `symbol`.
    pub(super) fn is(&self, symbol: char) -> bool {
        self.kind == TokenKind::Symbol && self.first == symbol
    }

    /// True for a dash of any kind.
    pub(super) fn is_dash(&self) -> bool {
        self.kind == TokenKind::Dash
    }

    /// True for "—" and "–" without a hyphen after it.
    pub(super) fn is_single_dash(&self) -> bool {
        self.is_dash() && self.span.len() == self.first.len_utf8()
    }

    /// True for one of the characters of `symbols`.
    pub(super) fn is_any(&self, symbols: &[char]) -> bool {
        self.kind == TokenKind::Symbol && symbols.contains(&self.first)
    }
}

/// A word or number as the features see it: names, titles and numbers by their class only.
#[derive(Clone, Copy)]
pub(super) struct Word {
    pub(super) hash: u64,
    /// Hash of the first five characters.
    pub(super) stem: u64,
    /// Hash of the first six characters.
    pub(super) long_stem: u64,
    /// Hash of the last three characters.
    pub(super) suffix: u64,
    pub(super) n_chars: usize,
    pub(super) classes: Classes,
    /// It stands for a class of words.
    pub(super) is_class: bool,
}

impl Word {
    /// "`<NAME>`": any capitalised word that is not known to be a common one at a sentence start.
    pub(super) const NAME: Self = Self::class("<NAME>");
    /// "`<NUM>`".
    pub(super) const NUMBER: Self = Self::class("<NUM>");
    /// "`<T>`": a capitalised word of a title.
    pub(super) const TITLE: Self = Self::class("<T>");

    const fn class(name: &str) -> Self {
        let hash = fnv(name);
        let n_chars = name.len();
        Self { hash, stem: hash, long_stem: hash, suffix: hash, n_chars, classes: Classes::STOP, is_class: true }
    }

    /// True when it is longer than `more_than` and has content of its own.
    pub(super) fn is_content(&self, more_than: usize) -> bool {
        self.n_chars > more_than && !self.classes.has(Classes::STOP)
    }
}

/// The tokens and words of `text`.
pub(super) fn tokenize(text: &str, model: &PositionSpanModel) -> (Vec<Token>, Vec<Word>) {
    // Readouts have a token every five bytes.
    let (mut tokens, mut words) = (Vec::with_capacity(text.len() / 5 + 1), Vec::with_capacity(text.len() / 6 + 1));
    let mut is_start = true;
    let (mut at, mut at_char) = (0, 0);
    while let Some(first) = text[at..].chars().next() {
        let Some(kind) = kind_at(text, at, first) else {
            at += first.len_utf8();
            at_char += 1;
            continue;
        };
        let mut token = Token {
            span: Span::new(at, at),
            start_char: at_char,
            end_char: at_char,
            kind,
            first,
            lower: 0,
            classes: Classes::default(),
            is_gerund: false,
            n_words_before: words.len(),
        };
        let end = match kind {
            TokenKind::Word => {
                let (end, word) = read_word(text, at);
                token.lower = word.hash;
                token.classes = word.classes;
                token.is_gerund = word.suffix == const { fnv("ing") } && word.n_chars > 4;
                let is_capital = first.is_uppercase() && &text[at..end] != "I";
                words.push(if !is_capital {
                    word
                } else if word.classes.has(Classes::TITLE) {
                    Word::TITLE
                } else if is_start && model.is_known(key(word.hash)) {
                    word
                } else {
                    Word::NAME
                });
                end
            }
            TokenKind::Number => {
                words.push(Word::NUMBER);
                number_end(text, at)
            }
            TokenKind::Newline => run_end(text, at, |c| c == '\n'),
            TokenKind::Clitic => at + first.len_utf8() + clitic_len(&text[at + first.len_utf8()..]).unwrap_or(0),
            TokenKind::Dash => dash_end(text, at, first),
            TokenKind::Ellipsis => at + if first == '.' { 3 } else { first.len_utf8() },
            TokenKind::Symbol => at + first.len_utf8(),
        };
        token.span.end = end;
        let piece = &text[at..end];
        at_char += if piece.is_ascii() { piece.len() } else { piece.chars().count() };
        token.end_char = at_char;
        at = end;
        is_start = match kind {
            TokenKind::Word | TokenKind::Number => false,
            TokenKind::Newline => true,
            _ => is_start || token.is_any(&['.', '!', '?', ':', '“', '"']),
        };
        tokens.push(token);
    }
    (tokens, words)
}

fn kind_at(text: &str, at: usize, first: char) -> Option<TokenKind> {
    let rest = &text[at..];
    match first {
        '\n' => Some(TokenKind::Newline),
        '0'..='9' => Some(TokenKind::Number),
        '—' | '–' => Some(TokenKind::Dash),
        '-' if rest.starts_with("--") => Some(TokenKind::Dash),
        '…' => Some(TokenKind::Ellipsis),
        '.' if rest.starts_with("...") => Some(TokenKind::Ellipsis),
        '’' | '\'' if clitic_len(&rest[first.len_utf8()..]).is_some() => Some(TokenKind::Clitic),
        '_' => None,
        _ if first.is_alphabetic() => Some(TokenKind::Word),
        _ if first.is_numeric() || first.is_whitespace() => None,
        _ => Some(TokenKind::Symbol),
    }
}

/// Bytes of the clitic that `rest`, the text after an apostrophe, opens with.
fn clitic_len(rest: &str) -> Option<usize> {
    let clitic = ["s", "re", "ve", "ll", "d", "m", "t"].into_iter().find(|clitic| rest.starts_with(clitic))?;
    let is_whole = !rest[clitic.len()..].chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
    is_whole.then_some(clitic.len())
}

fn run_end(text: &str, at: usize, is_in: impl Fn(char) -> bool) -> usize {
    text[at..].find(|c| !is_in(c)).map_or(text.len(), |len| at + len)
}

/// The end of the longest run of digits, commas and points that ends in a digit.
fn number_end(text: &str, at: usize) -> usize {
    let run = &text.as_bytes()[at..];
    let len = run.iter().position(|b| !b.is_ascii_digit() && !b",.".contains(b)).unwrap_or(run.len());
    at + run[..len].iter().rposition(u8::is_ascii_digit).map_or(1, |last| last + 1)
}

/// The end of a dash; "– -", as some transcribers write it, is one.
fn dash_end(text: &str, at: usize, first: char) -> usize {
    let end = at + if first == '-' { 2 } else { first.len_utf8() };
    if first != '–' {
        return end;
    }
    let rest = &text[end..];
    let gap = rest.chars().next().filter(|c| c.is_whitespace()).map_or(0, char::len_utf8);
    if rest[gap..].starts_with('-') { end + gap + 1 } else { end }
}

/// The word at `at` and its end.
fn read_word(text: &str, at: usize) -> (usize, Word) {
    let mut reader = WordReader::default();
    let mut end = reader.read_letters(text, at);
    // "U.S." keeps its inner full stops; the last one may end a sentence.
    let bytes = text.as_bytes();
    while let [b'.', letter, b'.', ..] = bytes[end..] {
        if !letter.is_ascii_alphabetic() {
            break;
        }
        reader.read('.');
        reader.read(letter as char);
        end += 2;
    }
    while bytes.get(end) == Some(&b'-') && text[end + 1..].starts_with(char::is_alphabetic) {
        reader.read('-');
        end = reader.read_letters(text, end + 1);
    }
    (end, reader.word())
}

/// Hashes a word while it is read.
struct WordReader {
    hash: u64,
    stem: u64,
    long_stem: u64,
    last: [char; 3],
    n_chars: usize,
}

impl Default for WordReader {
    fn default() -> Self {
        Self { hash: FNV_START, stem: FNV_START, long_stem: FNV_START, last: ['\0'; 3], n_chars: 0 }
    }
}

impl WordReader {
    fn read_letters(&mut self, text: &str, at: usize) -> usize {
        let mut end = at;
        for character in text[at..].chars().take_while(|c| c.is_alphabetic()) {
            end += character.len_utf8();
            self.read(character);
        }
        end
    }

    fn read(&mut self, character: char) {
        if character.is_ascii() {
            self.push(character.to_ascii_lowercase());
        } else {
            character.to_lowercase().for_each(|lower| self.push(lower));
        }
    }

    fn push(&mut self, lower: char) {
        self.hash = fnv_char(self.hash, lower);
        self.last = [self.last[1], self.last[2], lower];
        self.n_chars += 1;
        if self.n_chars <= 5 {
            self.stem = self.hash;
        }
        if self.n_chars <= 6 {
            self.long_stem = self.hash;
        }
    }

    fn word(self) -> Word {
        Word {
            hash: self.hash,
            stem: self.stem,
            long_stem: self.long_stem,
            suffix: self.last.into_iter().fold(FNV_START, fnv_char),
            n_chars: self.n_chars,
            classes: CLASSES.get(key(self.hash)).unwrap_or_default(),
            is_class: false,
        }
    }
}

/// The words of the tokens in `range`.
pub(super) fn words_of(tokens: &[Token], range: &Range<usize>, n_words: usize) -> Range<usize> {
    let before = |at: usize| tokens.get(at).map_or(n_words, |token| token.n_words_before);
    before(range.start)..before(range.end)
}
