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
    if is_plainly_english(text) {
        return "en".to_owned();
    }
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

/// Fewest words that say plainly which language they are of.
const MIN_PLAIN_WORDS: usize = 40;

/// True for a text in which one word in thirty is "the", one in six is among the commonest of English, and hardly a letter
/// is beyond ASCII. No other language comes near, and the detector need not be asked, which takes half as long as a comparison
/// of two pages.
fn is_plainly_english(text: &str) -> bool {
    let (mut n, mut n_articles, mut n_common) = (0, 0, 0);
    for word in text.split_ascii_whitespace() {
        n += 1;
        let is = |common: &str| word.eq_ignore_ascii_case(common);
        if is("the") {
            n_articles += 1;
        } else if is("of") || is("to") || is("in") || is("and") || is("that") || is("with") {
            n_common += 1;
        }
    }
    let is_familiar = |text: &str| {
        let n_unfamiliar = text.chars().filter(|c| !c.is_ascii() && c.is_alphabetic()).count();
        n_unfamiliar * 20 <= text.len()
    };
    n >= MIN_PLAIN_WORDS && 30 * n_articles >= n && 6 * (n_articles + n_common) >= n && is_familiar(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: bool) {
        assert_eq!(is_plainly_english(text), expected, "{text}");
    }

    #[test]
    fn only_english_is_plainly_english() {
        let english = "The Minister told the State Secretary that Norland stands by the treaty of 1962 and that the dam \
            will be filled in May. She thanked the people of Karvia for their patience with the long talks in Port Tarn, and \
            agreed to meet the commission in the autumn. ";
        check(english, true);
        check(&english.to_uppercase(), true);
        // Short texts are for the detector.
        check(&english[..100], false);
        for other in [
            "De minister zei dat het verdrag van 1962 geldt en dat de dam in mei wordt gevuld. Hij was of is in de stad met \
             zijn staatssecretaris, en in de herfst komt de commissie in de haven weer bij elkaar om te praten over het water \
             van de rivier en de vissers in het noorden van het land.",
            "Der Minister sagte, dass der Vertrag von 1962 gilt und dass der Damm im Mai gefüllt wird. Er will in die Stadt \
             und in den Hafen, so hat man es in Norland gesagt, und die Kommission will sich im Herbst mit ihm in Tarn treffen, \
             um in Ruhe mit allen zu reden.",
            "Ministeren sa at traktaten av 1962 gjelder for begge land, og at det i mai er vann i dammen. Det var for sent, sa \
             han, og i byen ved havet skal de to in spe møtes til samtaler om fisk, om elva og om grensen i nord, og om alt det \
             som er igjen å gjøre.",
            "El ministro dijo que el tratado de 1962 sigue en vigor y que la presa se llenará en mayo. Agradeció al pueblo de \
             Karvia su paciencia en las largas conversaciones de Puerto Tarn y aceptó reunirse con la comisión en el otoño, \
             en la ciudad o en el puerto.",
            "Menteri mengatakan bahwa perjanjian 1962 tetap berlaku dan bahwa bendungan akan diisi pada bulan Mei. Ia berterima \
             kasih kepada rakyat Karvia atas kesabaran mereka dalam perundingan panjang di Pelabuhan Tarn dan setuju bertemu \
             dengan komisi pada musim gugur di kota itu juga nanti.",
        ] {
            check(other, false);
            // An English word here and there makes it no English text.
            check(&format!("The end of the talks, and that with the others. {other} {other}"), false);
        }
        check(&"和平 ".repeat(60), false);
    }

    #[test]
    fn the_detector_says_the_same_of_what_is_plainly_english() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("training/contacts/texts");
        let mut n_plain = 0;
        for file in std::fs::read_dir(folder).expect("the contacts are there").flatten() {
            let text = std::fs::read_to_string(file.path()).expect("texts are UTF-8");
            // The marks of the annotators between the lines are English, too.
            let lines: Vec<&str> = text.lines().filter(|line| line.split_whitespace().count() > 12).collect();
            let text = lines.join("\n");
            if is_plainly_english(&text[..text.floor_char_boundary(MAX_DETECTED_BYTES)]) {
                n_plain += 1;
                let detected = whatlang::detect(&text).map(|info| info.lang());
                assert_eq!(detected, Some(whatlang::Lang::Eng), "{:?}", file.path());
            }
        }
        assert!(n_plain > 100, "{n_plain}");
    }
}
