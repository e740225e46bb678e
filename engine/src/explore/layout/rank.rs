//! Which rank a box stands in.

use super::Arrow;

/// Even ranks, so that a label fits between any two. An arrow that closes a circle points up.
pub(super) fn ranks(count: usize, arrows: &[Arrow], floating: Option<usize>) -> Vec<usize> {
    let mut walk =
        Walk { arrows, mark: vec![Mark::New; count], back: vec![false; arrows.len()], done: vec![] };
    for vertex in 0..count {
        walk.visit(vertex);
    }
    let Walk { back, done, .. } = walk;
    let down = || arrows.iter().zip(&back).filter(|(_, back)| !**back).map(|(arrow, _)| arrow);
    let mut ranks = vec![0_usize; count];
    for vertex in done.into_iter().rev() {
        for arrow in down().filter(|arrow| arrow.from == vertex) {
            ranks[arrow.to] = ranks[arrow.to].max(ranks[vertex] + 2);
        }
    }
    // An end that only the floating box leads to, or nothing, stands with the lowest.
    let lowest = ranks.iter().copied().max().unwrap_or(0);
    let led = |to: usize| arrows.iter().any(|arrow| arrow.to == to && Some(arrow.from) != floating);
    let leads = |from: usize| arrows.iter().any(|arrow| arrow.from == from);
    for (vertex, rank) in ranks.iter_mut().enumerate().skip(1) {
        if !led(vertex) && !leads(vertex) {
            *rank = lowest;
        }
    }
    if let Some(floating) = floating {
        let targets = arrows.iter().filter(|arrow| arrow.from == floating).map(|arrow| ranks[arrow.to]);
        ranks[floating] = targets.min().map_or(lowest, |rank| rank.saturating_sub(2));
    }
    ranks
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Depth first: an arrow to a box that is still open closes a circle.
struct Walk<'a> {
    arrows: &'a [Arrow],
    mark: Vec<Mark>,
    back: Vec<bool>,
    done: Vec<usize>,
}

impl Walk<'_> {
    fn visit(&mut self, vertex: usize) {
        if self.mark[vertex] != Mark::New {
            return;
        }
        self.mark[vertex] = Mark::Open;
        let arrows = self.arrows;
        for (n, arrow) in arrows.iter().enumerate().filter(|(_, arrow)| arrow.from == vertex) {
            match self.mark[arrow.to] {
                Mark::New => self.visit(arrow.to),
                Mark::Open => self.back[n] = true,
                Mark::Done => {}
            }
        }
        self.mark[vertex] = Mark::Done;
        self.done.push(vertex);
    }
}
