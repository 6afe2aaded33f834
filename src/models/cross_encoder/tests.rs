use super::*;
use crate::models::transformer::Precision;
use crate::models::wordpiece::{CLS, SEP};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

/// The reference's answers, written by `training/thorough/reference.py`.
#[derive(Deserialize)]
struct Parity {
    heads: [String; N_OUTPUTS],
    pairs: Vec<Case>,
}

/// One pair and what the reference makes of it.
#[derive(Deserialize)]
struct Case {
    a: String,
    b: String,
    ids: Vec<u32>,
    segments: Vec<usize>,
    logits: [f32; N_OUTPUTS],
}

static PARITY: LazyLock<Parity> =
    LazyLock::new(|| serde_json::from_str(include_str!("../parity_thorough.json")).expect("the file has this shape"));

fn pairs() -> Vec<(&'static str, &'static str)> {
    PARITY.pairs.iter().map(|case| (&*case.a, &*case.b)).collect()
}

fn logits(judgement: &Judgement) -> [f32; N_OUTPUTS] {
    let Judgement { link, divergence, entailment, neutral, contradiction, similarity, keypoint } = *judgement;
    [link, divergence, entailment, neutral, contradiction, similarity, keypoint]
}

/// The largest and the mean distance of the logits from the reference's, which has f32 throughout.
fn distance(judgements: &[Judgement]) -> (f32, f32) {
    assert_eq!(judgements.len(), PARITY.pairs.len());
    let of_pair = |(case, judgement): (&'static Case, &Judgement)| {
        let distances = logits(judgement).into_iter().zip(case.logits).map(|(ours, theirs)| (ours - theirs).abs());
        distances.collect::<Vec<f32>>()
    };
    let distances: Vec<f32> = PARITY.pairs.iter().zip(judgements).flat_map(of_pair).collect();
    let largest = distances.iter().copied().fold(0.0, f32::max);
    (largest, distances.iter().sum::<f32>() / distances.len() as f32)
}

/// Tolerance 1e-3: the reference has f32 where products here are of numbers of 16 bits.
#[test]
fn logits_equal_the_reference() {
    let names = ["link", "divergence", "entailment", "neutral", "contradiction", "similarity", "keypoint"];
    assert_eq!(PARITY.heads, names);
    let mut judgements = Vec::new();
    for (a, b) in pairs() {
        let mut batch = Batch::default();
        batch.product.precision = Precision::Sixteen;
        let (a, b) = fit(a, b);
        batch.push_pair(&a, &b);
        judge_batch(&mut batch, &mut judgements);
    }
    let (largest, _) = distance(&judgements);
    assert!(largest <= 1e-3, "{largest}");
}

/// Tolerance .35 and .05 in the mean: numbers of 7 bits, as comparisons have them.
#[test]
fn logits_by_fewer_bits_are_near_the_reference() {
    let (largest, mean) = distance(&judge(&pairs()));
    assert!(largest <= 0.35 && mean <= 0.05, "{largest} {mean}");
}

#[test]
fn tokens_equal_the_reference() {
    for case in &PARITY.pairs {
        let (a, b) = fit(&case.a, &case.b);
        assert_eq!([&[CLS], &*a, &[SEP], &*b, &[SEP]].concat(), case.ids, "{:?} {:?}", case.a, case.b);
        assert_eq!(case.segments.iter().position(|&segment| segment == 1), Some(a.len() + 2));
    }
}

#[test]
fn a_pair_is_judged_alike_in_every_batch_and_thread() {
    let pairs = &pairs()[..8];
    let together = judge(pairs);
    let alone: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = pairs.iter().map(|pair| scope.spawn(|| judge(std::slice::from_ref(pair)))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("the thread ends well")).collect()
    });
    assert_eq!(together, alone);
    assert!(judge(&[]).is_empty());
}

#[test]
fn unordered_pairs_have_no_left_and_right() {
    let pairs = &pairs()[..4];
    let swapped: Vec<_> = pairs.iter().map(|&(a, b)| (b, a)).collect();
    assert_eq!(judge_unordered(pairs), judge_unordered(&swapped));
    assert_ne!(judge(pairs), judge(&swapped));
}

#[test]
fn white_space_is_made_plain() {
    let check = |text, expected| assert_eq!(clean(text), expected, "{text:?}");
    check("  two\n\twords ", "two words");
    check("a\u{a0}b\u{3000}c\x1cd", "a b c d");
    check("zero\u{200b}width", "zero\u{200b}width");
    check(" \n", "");
}

#[test]
fn weights_are_those_of_the_card() {
    let digest: String = Sha256::digest(WEIGHTS).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, SHA256);
    assert!(include_str!("../../../models/thorough.md").contains(SHA256));
}
