//! The figures as lines of text.

use std::fmt::Write as _;

use super::Outcome;
use super::genre::Genre;
use super::score::{Row, Scores, Share, score_account};

/// What is printed besides the figures over all documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// One line for each document. Default: false.
    pub by_document: bool,
    /// Positions and holders apart for first-person and third-person texts, as far as there are any. Default: false.
    pub genres: bool,
}

/// A row over several documents, with the F1 of each document that counts.
#[derive(Debug, Clone, Default)]
struct Sum {
    row: Row,
    f1: Vec<f64>,
}

impl Sum {
    fn add(&mut self, row: Row) {
        self.row = self.row.plus(row);
        if row.is_counted() {
            self.f1.push(row.f1());
        }
    }

    fn line(&self, name: &str, unit: &str) -> String {
        let row = self.row;
        #[expect(clippy::cast_precision_loss, reason = "a folder holds few documents")]
        let mean = if self.f1.is_empty() { 0.0 } else { self.f1.iter().sum::<f64>() / self.f1.len() as f64 };
        format!(
            "{name:16} precision {:.3} ({}/{})  recall {:.3} ({}/{})  F1 {:.3}  mean F1 over {unit} {mean:.3}\n",
            row.precision(),
            row.n_predicted_hits,
            row.n_predicted,
            row.recall(),
            row.n_gold_hits,
            row.n_gold,
            row.f1(),
        )
    }
}

fn share_line(name: &str, share: Share) -> String {
    format!("{name:16} {:.3} ({}/{})\n", share.rate(), share.n_right, share.n)
}

/// The figures of all outcomes: first those of the pairs, then those of the singles, each sum in six lines.
#[must_use]
pub fn report(outcomes: &[Outcome], layout: Layout) -> String {
    let mut text = String::new();
    let (singles, pairs): (Vec<&Outcome>, Vec<&Outcome>) =
        outcomes.iter().partition(|outcome| outcome.document.is_single());
    if !pairs.is_empty() {
        group(&mut text, &pairs, "pairs", layout);
    }
    if !singles.is_empty() {
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = writeln!(text, "within one text ({}):", counted(singles.len(), "document"));
        group(&mut text, &singles, "documents", layout);
    }
    text
}

fn group(text: &mut String, outcomes: &[&Outcome], unit: &str, layout: Layout) {
    let (mut positions, mut links) = (Sum::default(), Sum::default());
    let (mut links_with_kind, mut divergences) = (Sum::default(), Sum::default());
    let (mut holder, mut one_sided) = (Share::default(), Share::default());
    for outcome in outcomes {
        let scores = &outcome.scores;
        positions.add(scores.positions);
        links.add(scores.links);
        links_with_kind.add(scores.links_with_kind);
        divergences.add(scores.divergences);
        holder = holder.plus(scores.holder);
        one_sided = one_sided.plus(scores.one_sided);
    }
    text.push_str(&positions.line("positions", unit));
    text.push_str(&links.line("links", unit));
    text.push_str(&links_with_kind.line("links with kind", unit));
    text.push_str(&divergences.line("divergences", unit));
    text.push_str(&share_line("holder", holder));
    text.push_str(&share_line("one-sided", one_sided));
    if layout.genres {
        for genre in Genre::ALL {
            by_genre(text, outcomes, genre);
        }
    }
    if layout.by_document {
        text.push('\n');
        let width = outcomes.iter().map(|outcome| outcome.document.id.chars().count()).max().unwrap_or(0);
        for outcome in outcomes {
            document_line(text, &outcome.document.id, width, &outcome.scores);
        }
    }
}

fn by_genre(text: &mut String, outcomes: &[&Outcome], genre: Genre) {
    let (mut positions, mut holder, mut n_texts) = (Sum::default(), Share::default(), 0);
    for outcome in outcomes {
        for (idx, account) in outcome.document.accounts.iter().enumerate() {
            if account.genre == genre {
                let (row, share) = score_account(account, outcome.prediction.positions.of(idx));
                positions.add(row);
                holder = holder.plus(share);
                n_texts += 1;
            }
        }
    }
    if n_texts == 0 {
        return;
    }
    let _ = writeln!(text, "\n{} ({}):", genre.name(), counted(n_texts, "text"));
    text.push_str(&positions.line("positions", "texts"));
    text.push_str(&share_line("holder", holder));
}

fn document_line(text: &mut String, id: &str, width: usize, scores: &Scores) {
    let row = |row: Row| format!("{:.3} {:.3} {:.3}", row.precision(), row.recall(), row.f1());
    let _ = writeln!(
        text,
        "{id:width$}  positions P R F1 {}  links P R F1 {}  F1 with kind {:.3}  divergences F1 {:.3}  \
         holder {:.3}  one-sided {:.3}",
        row(scores.positions),
        row(scores.links),
        scores.links_with_kind.f1(),
        scores.divergences.f1(),
        scores.holder.rate(),
        scores.one_sided.rate(),
    );
}

fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact ties go to the even digit, as in other tools that print these figures with three decimals.
    #[test]
    fn figures_round_half_to_even() {
        for (n_right, n, expected) in
            [(1, 16, "0.062"), (3, 16, "0.188"), (5, 16, "0.312"), (1, 3, "0.333"), (2, 3, "0.667")]
        {
            assert_eq!(share_line("x", Share { n_right, n }), format!("{:16} {expected} ({n_right}/{n})\n", "x"));
        }
    }

    #[test]
    fn the_mean_leaves_out_documents_with_nothing_to_count() {
        let mut sum = Sum::default();
        sum.add(Row { n_predicted_hits: 1, n_predicted: 2, n_gold_hits: 1, n_gold: 1 });
        sum.add(Row::default());
        let line = sum.line("links", "pairs");
        assert_eq!(
            line,
            "links            precision 0.500 (1/2)  recall 1.000 (1/1)  F1 0.667  mean F1 over pairs 0.667\n"
        );
    }
}
