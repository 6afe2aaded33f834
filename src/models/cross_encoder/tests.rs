use super::*;
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

/// Tolerance 2e-3: the reference has f32 where products here are of numbers of 16 bits.
#[test]
fn logits_equal_the_reference() {
    let names = ["link", "divergence", "entailment", "neutral", "contradiction", "similarity", "keypoint"];
    assert_eq!(PARITY.heads, names);
    let judgements = judge(&pairs());
    assert_eq!(judgements.len(), PARITY.pairs.len());
    for (case, judgement) in PARITY.pairs.iter().zip(&judgements) {
        for (ours, theirs) in logits(judgement).iter().zip(&case.logits) {
            assert!((ours - theirs).abs() <= 2e-3, "{:?} {:?}: {ours} for {theirs}", case.a, case.b);
        }
    }
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
