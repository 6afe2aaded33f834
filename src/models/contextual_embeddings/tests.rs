use super::*;
use crate::models::transformer::Precision;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The reference's answers, written by `training/contextual/parity.py`.
#[derive(Deserialize)]
struct Parity {
    cases: Vec<Case>,
}

/// One text, spans of it, and what the reference makes of them.
#[derive(Deserialize)]
struct Case {
    text: String,
    spans: Vec<[usize; 2]>,
    ids: Vec<u32>,
    /// The first sixteen numbers of each span's vector.
    vectors: Vec<[f32; 16]>,
    /// Of all pairs of spans, read in the text and each by itself.
    cosines: Vec<Vec<f64>>,
    /// Of each span as a unit, in the order of [`SpanHead`].
    scores: Vec<[f64; 7]>,
    alone: Vec<Vec<f64>>,
}

static PARITY: LazyLock<Parity> =
    LazyLock::new(|| serde_json::from_str(include_str!("../parity_contextual.json")).expect("the file has this shape"));

fn embeddings(case: &Case, reading: &Reading) -> Vec<Embedding> {
    case.spans.iter().map(|&[start, end]| reading.embedding(start..end)).collect()
}

fn read_text(text: &str) -> Reading {
    Windows::new(text).read(|| true).expect("nobody stops it")
}

/// The largest distance of the cosines of all pairs from the reference's.
fn distance(embeddings: &[Embedding], expected: &[Vec<f64>]) -> f64 {
    let cells =
        embeddings.iter().zip(expected).flat_map(|(a, row)| embeddings.iter().zip(row).map(move |cell| (a, cell)));
    cells.map(|(a, (b, expected))| (cosine(a, b) - expected).abs()).fold(0.0, f64::max)
}

#[test]
fn tokens_equal_the_reference() {
    for case in &PARITY.cases {
        assert_eq!(Windows::new(&case.text).ids, case.ids, "{:?}", case.text);
    }
}

/// Tolerance 1e-3, and 5e-3 for scores, which are of the size of logits: the reference has f32 where products here are of
/// numbers of 16 bits.
#[test]
fn embeddings_equal_the_reference() {
    let mut batch = Batch::default();
    batch.product.precision = Precision::Sixteen;
    for case in &PARITY.cases {
        let reading = Windows::new(&case.text).read_by(&mut batch, &mut || true).expect("nobody stops it");
        let embeddings = embeddings(case, &reading);
        for (embedding, expected) in embeddings.iter().zip(&case.vectors) {
            let distances = embedding.as_slice().iter().zip(expected).map(|(ours, theirs)| (ours - theirs).abs());
            assert!(distances.fold(0.0, f32::max) <= 1e-3, "{:?}", case.text);
        }
        assert!(distance(&embeddings, &case.cosines) <= 1e-3, "{:?}", case.text);
        for (&[start, end], expected) in case.spans.iter().zip(&case.scores) {
            let UnitScores { inside, after: [a, b, c], before: [d, e, f] } = reading.unit_scores(start..end);
            let distances =
                [inside, a, b, c, d, e, f].into_iter().zip(expected).map(|(ours, theirs)| (ours - theirs).abs());
            assert!(distances.fold(0.0, f64::max) <= 5e-3, "{:?}", case.text);
        }
    }
}

/// Tolerance .03: numbers of 7 bits, as comparisons have them.
#[test]
fn cosines_by_fewer_bits_are_near_the_reference() {
    for case in &PARITY.cases {
        let largest = distance(&embeddings(case, &read_text(&case.text)), &case.cosines);
        assert!(largest <= 0.03, "{largest} {:?}", case.text);
        let texts: Vec<&str> = case.spans.iter().map(|&[start, end]| &case.text[start..end]).collect();
        let largest = distance(&embed_each(&texts, || true).expect("nobody stops it"), &case.alone);
        assert!(largest <= 0.03, "{largest} {:?}", case.text);
    }
}

#[test]
fn a_text_is_read_alike_in_every_batch() {
    let texts = ["Aid will grow.", "", "双方同意加强合作。", "It rains.", &"many words ".repeat(80)];
    let together = embed_each(&texts, || true).expect("nobody stops it");
    for (text, embedding) in texts.iter().zip(&together) {
        assert_eq!(embed_each(&[text], || true).as_deref(), Some(std::slice::from_ref(embedding)), "{text:?}");
        let length = embedding.as_slice().iter().map(|number| number * number).sum::<f32>();
        assert!((length - 1.0).abs() <= 1e-5, "{text:?}");
    }
    assert_eq!(embed_each(&[], || true), Some(Vec::new()));
}

#[test]
fn whoever_stops_it_gets_nothing() {
    assert_eq!(embed_each(&["Aid will grow."], || false), None);
    // In the first window, and in the second one.
    for n_times in [1, 7] {
        let mut n_asked = 0;
        let go_on = || {
            n_asked += 1;
            n_asked <= n_times
        };
        assert_eq!(Windows::new(&"Aid will grow. ".repeat(200)).read(go_on), None);
        assert_eq!(n_asked, n_times + 1);
    }
}

#[test]
fn pieces_are_tokens_alike_in_the_text_and_by_themselves() {
    let texts = [
        "It's the U.S.-led \"format\" – 12,5 % of it (see e.g. [2])… and so on;\n\tno more.",
        "Re\u{301}affirme\u{301} 'son' soutien\u{a0}a\u{300} la Norlande—enfin!",
        "双方同意加强合作。 ok 😀😀 مرحبا، nice\u{200b}ly",
        "",
        " \u{3000}\n",
    ];
    let long = texts.concat().repeat(40);
    for text in texts.into_iter().chain([long.as_str()]) {
        let windows = Windows::new(text);
        assert_eq!(windows.ids, wordpiece::tokenize(text, usize::MAX), "{text:?}");
        assert_eq!(windows.starts.len(), windows.ids.len());
        assert!(windows.starts.is_sorted() && windows.starts.iter().all(|&start| text.is_char_boundary(start)));
    }
}

#[test]
fn windows_hold_every_span_and_no_more_than_they_may() {
    let text = "Aid will grow. ".repeat(200);
    let spans: Vec<Range<usize>> = (0..200).map(|at| 15 * at..15 * at + 14).collect();
    let mut windows = Windows::new(&text);
    assert_eq!(windows.ids.len(), 800);
    assert!(windows.windows.iter().all(|window| window.len() <= WINDOW_TOKENS));
    let reading = windows.clone().read(|| true).expect("nobody stops it");
    assert!(reading.is_whole());
    for span in &spans {
        assert_eq!(reading.states(span.clone()).map(<[f32]>::len), Some(4 * HIDDEN), "{span:?}");
    }
    windows.truncate(WINDOW_TOKENS);
    let reading = windows.read(|| true).expect("nobody stops it");
    assert!(!reading.is_whole());
    let n_cut = spans.into_iter().filter(|span| reading.embedding(span.clone()) == Embedding::ZERO).count();
    assert_eq!(n_cut, 200 - WINDOW_TOKENS.div_ceil(4));
}

#[test]
fn what_has_no_tokens_has_no_direction() {
    let reading = read_text("\u{1}\u{2} Aid");
    let (nothing, aid) = (reading.embedding(0..2), reading.embedding(3..6));
    assert_eq!(nothing, Embedding::ZERO);
    assert_eq!(cosine(&nothing, &aid), 0.0);
    let empty = read_text("");
    assert!(empty.is_whole());
    assert_eq!(empty.embedding(0..0), Embedding::ZERO);
}

#[test]
fn the_file_is_whole_and_a_cut_one_is_refused() {
    assert!(read(WEIGHTS).is_some());
    assert!(read(&WEIGHTS[..WEIGHTS.len() - 1]).is_none());
    assert!(read(&WEIGHTS[..40]).is_none());
}

#[test]
fn weights_are_those_of_the_card() {
    let digest: String = Sha256::digest(WEIGHTS).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, SHA256);
    assert!(include_str!("../../../models/contextual.md").contains(SHA256));
}
