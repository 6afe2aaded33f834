//! The language of a readout: given, or detected by trigrams (whatlang) and, for Chinese, by the characters that only
//! one of the two scripts has.

use crate::readout::Readout;

/// ISO 639-3 codes of the detector with their BCP 47 tags, where those are shorter.
static TAGS: &str = include_str!("language_tags.tsv");

/// Bytes that the detector reads; more does not change its mind.
const MAX_DETECTED_BYTES: usize = 4_000;

/// Characters of simplified Chinese that traditional text does not use, and the other way round, frequent in readouts.
const SIMPLIFIED: &str = "国际双强调问题发关系为两时对会谈议题联经济战与该这个们进动实东边应维护区务";
const TRADITIONAL: &str = "國際雙強調問題發關係為兩時對會談議題聯經濟戰與該這個們進動實東邊應維護區務";

/// The BCP 47 tag of the readout's language; "und" when it cannot be told.
pub(super) fn language_of(readout: &Readout) -> String {
    if let Some(language) = &readout.language {
        return language.clone();
    }
    let text = &readout.text[..readout.text.floor_char_boundary(MAX_DETECTED_BYTES)];
    let Some(info) = whatlang::detect(text) else { return "und".to_owned() };
    // Trigrams of names mislead in a sentence or two; a Latin text with English function words is English.
    if !info.is_reliable() && has_english_words(text) {
        return "en".to_owned();
    }
    match info.lang() {
        whatlang::Lang::Cmn => chinese(text).to_owned(),
        lang => {
            let code = lang.code();
            TAGS.lines()
                .filter_map(|line| line.split_once('\t'))
                .find(|(long, _)| *long == code)
                .map_or(code, |(_, tag)| tag)
                .to_owned()
        }
    }
}

/// True when all tags are of one language, whatever the script or region.
pub(super) fn are_alike(tags: &[String]) -> bool {
    let primary = |tag: &String| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    tags.windows(2).all(|pair| primary(&pair[0]) == primary(&pair[1]))
}

/// True when one word in twelve is a function word that English alone has so often.
fn has_english_words(text: &str) -> bool {
    let is_english = |word: &&str| {
        matches!(
            word.to_ascii_lowercase().as_str(),
            "the"
                | "and"
                | "of"
                | "that"
                | "with"
                | "for"
                | "its"
                | "must"
                | "will"
                | "supports"
                | "is"
                | "are"
                | "has"
                | "said"
                | "to"
        )
    };
    let n = text.split_whitespace().count();
    let unfamiliar = text.chars().filter(|c| c.is_alphabetic() && !c.is_ascii()).count();
    unfamiliar * 20 <= text.len() && (12 * text.split_whitespace().filter(is_english).count() >= n || n < 8)
}

fn chinese(text: &str) -> &'static str {
    let count = |own: &str, other: &str| text.chars().filter(|&c| own.contains(c) && !other.contains(c)).count();
    if count(TRADITIONAL, SIMPLIFIED) > count(SIMPLIFIED, TRADITIONAL) { "zh-Hant" } else { "zh-Hans" }
}

/// A language in which positions are attributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attributed {
    /// "en", "en-GB", and a short text whose language cannot be told: most readouts are in English.
    English,
    /// "zh", "zh-Hans", "zh-Hant".
    Chinese,
}

/// The language of this tag when positions are attributed in it; the primary subtag decides.
pub(super) fn attributed(tag: &str) -> Option<Attributed> {
    match tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "en" | "und" => Some(Attributed::English),
        "zh" | "cmn" => Some(Attributed::Chinese),
        _ => None,
    }
}
