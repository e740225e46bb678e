//! Coordinates: columns that are as straight as the order allows, and the ranks' heights.

use super::{Grid, Link};

/// Free space between neighbours in a rank.
const SPACE: f64 = 14.0;
/// Free space between two lines.
const NARROW: f64 = 4.0;
/// Between two arrows on the edge of a box.
const PORT: f64 = 16.0;
/// Rounds of settling. On workflows of 10 to 40 phases nothing moves a pixel after 2,000.
const ROUNDS: usize = 3000;
/// What draws a box to the middle, against 1 for each arrow: enough that what hangs on nothing
/// does not stand far away.
const GRAVITY: f64 = 0.004;

/// Spreads the arrows over the edge of the box that they meet.
pub(super) fn ports(grid: &mut Grid) {
    let mut place = vec![0; grid.cells.len()];
    for row in &grid.ranks {
        for (at, cell) in row.iter().enumerate() {
            place[*cell] = at;
        }
    }
    for cell in 0..grid.cells.len() {
        if grid.cells[cell].vertex.is_none() {
            continue;
        }
        let half = grid.cells[cell].left - 12.0;
        for below in [false, true] {
            let mut met: Vec<usize> = (0..grid.links.len())
                .filter(|n| cell == if below { grid.links[*n].upper } else { grid.links[*n].lower })
                .collect();
            met.sort_by_key(|n| place[if below { grid.links[*n].lower } else { grid.links[*n].upper }]);
            let middle = (met.len() as f64 - 1.0) / 2.0;
            let port = if middle > 0.0 { PORT.min(half / middle) } else { 0.0 };
            for (at, n) in met.into_iter().enumerate() {
                let dx = (at as f64 - middle) * port;
                let link = &mut grid.links[n];
                *(if below { &mut link.upper_dx } else { &mut link.lower_dx }) = dx;
            }
        }
    }
}

/// The x of every cell's anchor: links as short as the order within the ranks allows, and each
/// line, from the box it leaves to the box it meets, as straight as possible.
pub(super) fn columns(grid: &Grid) -> Vec<f64> {
    let mut x = vec![0.0; grid.cells.len()];
    let lines = lines(grid);
    let (bodies, body_of) = bodies(grid, &lines);
    for row in &grid.ranks {
        settle(grid, row, &vec![(0.0, 1.0); row.len()], &mut x);
    }
    let mut stiff = 1.0_f64;
    // A diagram of thousands of cells is a picture of a mistake; it need not be pretty.
    let rounds = ROUNDS.min(2_000_000 / x.len().max(1));
    let mut wish = Vec::new();
    for round in 0..rounds {
        // Loose at first, so that things find their places, and then straight.
        stiff = if round < rounds / 3 { 1.0 } else { (stiff * 1.005).min(400.0) };
        let middle = x.iter().sum::<f64>() / x.len().max(1) as f64;
        for n in 0..grid.ranks.len() {
            let row = &grid.ranks[if round % 2 == 0 { n } else { grid.ranks.len() - 1 - n }];
            wish.clear();
            wish.extend(row.iter().map(|cell| bodies[body_of[*cell]].wish(&x, stiff, middle)));
            settle(grid, row, &wish, &mut x);
        }
    }
    straighten(grid, &lines, &mut x);
    let left = (0..x.len()).map(|n| x[n] - grid.cells[n].left).fold(f64::INFINITY, f64::min);
    x.iter_mut().for_each(|x| *x -= left);
    x
}

/// What moves as one: a box, or a line.
struct Body {
    cells: Vec<usize>,
    /// The cells that pull at it, and how far beside them it would be.
    pulls: Vec<(usize, f64)>,
}

impl Body {
    /// Where each cell of it would be, and how strongly. It is pulled as a whole, so each of its
    /// cells has its share; `stiff` holds the cells together.
    fn wish(&self, x: &[f64], stiff: f64, middle: f64) -> (f64, f64) {
        let count = self.cells.len() as f64;
        let mean = self.cells.iter().map(|cell| x[*cell]).sum::<f64>() / count;
        let sum = self.pulls.iter().map(|(other, dx)| x[*other] + dx).sum::<f64>() / count;
        let stiff = if self.cells.len() > 1 { stiff } else { 0.0 };
        let weight = self.pulls.len() as f64 / count + stiff + GRAVITY;
        ((sum + mean * stiff + middle * GRAVITY) / weight, weight)
    }
}

/// The bodies, and for each cell the one it belongs to.
fn bodies(grid: &Grid, lines: &[Vec<usize>]) -> (Vec<Body>, Vec<usize>) {
    let boxes = (0..grid.cells.len()).filter(|cell| grid.cells[*cell].vertex.is_some());
    let cells = boxes.map(|cell| vec![cell]).chain(lines.iter().cloned());
    let mut bodies: Vec<Body> = cells.map(|cells| Body { cells, pulls: Vec::new() }).collect();
    let mut body_of = vec![0; grid.cells.len()];
    for (n, body) in bodies.iter().enumerate() {
        body.cells.iter().for_each(|cell| body_of[*cell] = n);
    }
    for link in &grid.links {
        let (upper, lower) = (body_of[link.upper], body_of[link.lower]);
        if upper != lower {
            let dx = link.upper_dx - link.lower_dx;
            bodies[lower].pulls.push((link.upper, dx));
            bodies[upper].pulls.push((link.lower, -dx));
        }
    }
    (bodies, body_of)
}

/// The cells of each arrow between its boxes, cut where it crosses another one there: two straight
/// lines cannot.
fn lines(grid: &Grid) -> Vec<Vec<usize>> {
    let mut place = vec![0; grid.cells.len()];
    for row in &grid.ranks {
        row.iter().enumerate().for_each(|(at, cell)| place[*cell] = at);
    }
    let inner =
        |link: &&Link| grid.cells[link.upper].vertex.is_none() && grid.cells[link.lower].vertex.is_none();
    let mut next = vec![None; grid.cells.len()];
    let mut first: Vec<bool> = grid.cells.iter().map(|cell| cell.vertex.is_none()).collect();
    let links: Vec<&Link> = grid.links.iter().filter(inner).collect();
    for (n, link) in links.iter().enumerate() {
        let crosses = |other: &&Link| {
            grid.cells[other.upper].rank == grid.cells[link.upper].rank
                && (place[other.upper] < place[link.upper]) != (place[other.lower] < place[link.lower])
        };
        // Of two that cross, the later one bends.
        if !links[..n].iter().any(crosses) {
            next[link.upper] = Some(link.lower);
            first[link.lower] = false;
        }
    }
    let starts = (0..grid.cells.len()).filter(|cell| first[*cell]);
    starts.map(|first| std::iter::successors(Some(first), |cell| next[*cell]).collect()).collect()
}

/// The least distance between the anchors of two neighbours.
fn apart(grid: &Grid, left: usize, right: usize) -> f64 {
    let lines = grid.cells[left].vertex.is_none() && grid.cells[right].vertex.is_none();
    grid.cells[left].right + grid.cells[right].left + if lines { NARROW } else { SPACE }
}

/// Puts a rank's cells as near to their wishes as their order and sizes allow: least squares by
/// pooling neighbours that are in each other's way.
fn settle(grid: &Grid, row: &[usize], wish: &[(f64, f64)], x: &mut [f64]) {
    struct Pool {
        sum: f64,
        weight: f64,
        count: usize,
    }
    let mean = |pool: &Pool| pool.sum / pool.weight;
    let mut offset = Vec::with_capacity(row.len());
    let mut pools: Vec<Pool> = Vec::new();
    for (at, cell) in row.iter().enumerate() {
        offset.push(if at == 0 { 0.0 } else { offset[at - 1] + apart(grid, row[at - 1], *cell) });
        let (wished, weight) = wish[at];
        let mut pool = Pool { sum: (wished - offset[at]) * weight, weight, count: 1 };
        while pools.last().is_some_and(|last| mean(last) > mean(&pool)) {
            if let Some(last) = pools.pop() {
                pool = Pool {
                    sum: pool.sum + last.sum,
                    weight: pool.weight + last.weight,
                    count: pool.count + last.count,
                };
            }
        }
        pools.push(pool);
    }
    let all = pools.iter().flat_map(|pool| std::iter::repeat_n(mean(pool), pool.count));
    for (at, mean) in all.enumerate() {
        x[row[at]] = mean + offset[at];
    }
}

/// Makes each line one column where its neighbours leave room, or very nearly do.
fn straighten(grid: &Grid, lines: &[Vec<usize>], x: &mut [f64]) {
    for line in lines {
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        for cell in line {
            let row = &grid.ranks[grid.cells[*cell].rank];
            let at = row.iter().position(|other| other == cell).unwrap_or(0);
            if at > 0 {
                low = low.max(x[row[at - 1]] + apart(grid, row[at - 1], *cell));
            }
            if let Some(right) = row.get(at + 1) {
                high = high.min(x[*right] - apart(grid, *cell, *right));
            }
        }
        let mean = line.iter().map(|cell| x[*cell]).sum::<f64>() / line.len() as f64;
        if low <= high + NARROW {
            let column = mean.min(high).max(low.min(high.midpoint(low)));
            line.iter().for_each(|cell| x[*cell] = column);
        }
    }
}

/// Moves the end of an arrow along its box where that takes a small kink out of the line.
pub(super) fn snap(grid: &mut Grid, x: &[f64]) {
    for link in &mut grid.links {
        let lean = x[link.lower] + link.lower_dx - x[link.upper] - link.upper_dx;
        if lean.abs() > PORT / 2.5 {
            continue;
        }
        if grid.cells[link.upper].vertex.is_some() {
            link.upper_dx += lean;
        } else if grid.cells[link.lower].vertex.is_some() {
            link.lower_dx -= lean;
        }
    }
}

/// The top and bottom of every rank. The further arrows lean over, the more room they get.
pub(super) fn bands(grid: &Grid, x: &[f64]) -> Vec<(f64, f64)> {
    let mut lean = vec![0.0_f64; grid.ranks.len()];
    for link in &grid.links {
        let dx = (x[link.upper] + link.upper_dx - x[link.lower] - link.lower_dx).abs();
        let rank = grid.cells[link.upper].rank;
        lean[rank] = lean[rank].max(dx);
    }
    let mut top = 0.0;
    let band = grid.ranks.iter().zip(lean).map(|(row, lean)| {
        let height = row.iter().map(|cell| grid.cells[*cell].height).fold(0.0, f64::max);
        let band = (top, top + height);
        top += height + (10.0 + lean * 0.12).clamp(14.0, 44.0);
        band
    });
    band.collect()
}
