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
    alone: Vec<Vec<f64>>,
}

static PARITY: LazyLock<Parity> =
    LazyLock::new(|| serde_json::from_str(include_str!("../parity_contextual.json")).expect("the file has this shape"));

fn windows(case: &Case) -> Windows {
    let spans: Vec<Range<usize>> = case.spans.iter().map(|&[start, end]| start..end).collect();
    Windows::new(&case.text, &spans)
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
        assert_eq!(windows(case).ids, case.ids, "{:?}", case.text);
    }
}

/// Tolerance 1e-3: the reference has f32 where products here are of numbers of 16 bits.
#[test]
fn embeddings_equal_the_reference() {
    let mut batch = Batch::default();
    batch.product.precision = Precision::Sixteen;
    for case in &PARITY.cases {
        let embeddings = windows(case).embed_by(&mut batch, &mut || true).expect("nobody stops it");
        for (embedding, expected) in embeddings.iter().zip(&case.vectors) {
            let distances = embedding.as_slice().iter().zip(expected).map(|(ours, theirs)| (ours - theirs).abs());
            assert!(distances.fold(0.0, f32::max) <= 1e-3, "{:?}", case.text);
        }
        assert!(distance(&embeddings, &case.cosines) <= 1e-3, "{:?}", case.text);
    }
}

/// Tolerance .03: numbers of 8 bits, as comparisons have them.
#[test]
fn cosines_by_fewer_bits_are_near_the_reference() {
    for case in &PARITY.cases {
        let embeddings = windows(case).embed(|| true).expect("nobody stops it");
        let largest = distance(&embeddings, &case.cosines);
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
    let text = "Aid will grow. ".repeat(200);
    let windows = Windows::new(&text, &[0..14, 2_000..2_014]);
    let mut n_asked = 0;
    let go_on = || {
        n_asked += 1;
        n_asked < 2
    };
    assert_eq!(windows.embed(go_on), None);
}

#[test]
fn windows_cover_every_span_and_no_more_than_they_may() {
    let text = "Aid will grow. ".repeat(200);
    let spans: Vec<Range<usize>> = (0..200).map(|at| 15 * at..15 * at + 14).collect();
    let mut windows = Windows::new(&text, &spans);
    assert_eq!(windows.ids.len(), 800);
    let mut seen: Vec<usize> =
        windows.windows.iter().flat_map(|window| window.spans.iter().map(|span| span.0)).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..200).collect::<Vec<_>>());
    for Window { tokens, spans } in &windows.windows {
        assert!(tokens.len() <= WINDOW_TOKENS);
        assert!(spans.iter().all(|(_, span)| tokens.start <= span.start && span.end <= tokens.end));
    }
    let n_cut = windows.truncate(WINDOW_TOKENS);
    let embeddings = windows.embed(|| true).expect("nobody stops it");
    assert_eq!(embeddings.iter().filter(|&embedding| *embedding == Embedding::ZERO).count(), n_cut);
    assert!(n_cut > 100 && n_cut < 200, "{n_cut}");
}

#[test]
fn what_has_no_tokens_has_no_direction() {
    let embeddings = Windows::new("\u{1}\u{2} Aid", &[0..2, 3..6]).embed(|| true).expect("nobody stops it");
    assert_eq!(embeddings[0], Embedding::ZERO);
    assert_eq!(cosine(&embeddings[0], &embeddings[1]), 0.0);
    assert_eq!(Windows::new("", &[]).embed(|| true), Some(Vec::new()));
    assert_eq!(Windows::new("", &[0..0, 0..0]).embed(|| true), Some(vec![Embedding::ZERO; 2]));
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
