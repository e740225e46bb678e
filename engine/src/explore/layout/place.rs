//! Coordinates: columns that are as straight as the order allows, and the ranks' heights.

use super::Grid;

/// Free space between neighbours in a rank.
const SPACE: f64 = 14.0;
/// Free space between two lines.
const NARROW: f64 = 4.0;
/// Between two arrows on the edge of a box.
const PORT: f64 = 16.0;
/// Rounds of straightening; the result moves less than a pixel after about 60.
const ROUNDS: usize = 120;

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
                .filter(|n| {
                    cell == if below {
                        grid.links[*n].upper
                    } else {
                        grid.links[*n].lower
                    }
                })
                .collect();
            met.sort_by_key(|n| {
                place[if below {
                    grid.links[*n].lower
                } else {
                    grid.links[*n].upper
                }]
            });
            let middle = (met.len() as f64 - 1.0) / 2.0;
            let port = if middle > 0.0 {
                PORT.min(half / middle)
            } else {
                0.0
            };
            for (at, n) in met.into_iter().enumerate() {
                let dx = (at as f64 - middle) * port;
                let link = &mut grid.links[n];
                *(if below {
                    &mut link.upper_dx
                } else {
                    &mut link.lower_dx
                }) = dx;
            }
        }
    }
}

/// The x of every cell's anchor: links as short as the order within the ranks allows.
pub(super) fn columns(grid: &Grid) -> Vec<f64> {
    let mut x = vec![0.0; grid.cells.len()];
    let mut near: Vec<Vec<(usize, f64, f64)>> = vec![Vec::new(); grid.cells.len()];
    for link in &grid.links {
        let dx = link.upper_dx - link.lower_dx;
        near[link.lower].push((link.upper, dx, link.weight));
        near[link.upper].push((link.lower, -dx, link.weight));
    }
    for row in &grid.ranks {
        let wish: Vec<(f64, f64)> = row.iter().map(|_| (0.0, 1.0)).collect();
        settle(grid, row, &wish, &mut x);
    }
    for round in 0..ROUNDS {
        let rows: Vec<&Vec<usize>> = if round % 2 == 0 {
            grid.ranks.iter().collect()
        } else {
            grid.ranks.iter().rev().collect()
        };
        for row in rows {
            let wish = row.iter().map(|cell| {
                let weight: f64 = near[*cell].iter().map(|(.., weight)| weight).sum();
                let sum: f64 = near[*cell]
                    .iter()
                    .map(|(other, dx, weight)| (x[*other] + dx) * weight)
                    .sum();
                if weight > 0.0 {
                    (sum / weight, weight)
                } else {
                    (x[*cell], 0.1)
                }
            });
            let wish: Vec<(f64, f64)> = wish.collect();
            settle(grid, row, &wish, &mut x);
        }
    }
    straighten(grid, &mut x);
    let left = (0..x.len())
        .map(|n| x[n] - grid.cells[n].left)
        .fold(f64::INFINITY, f64::min);
    x.iter_mut().for_each(|x| *x -= left);
    x
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
        offset.push(if at == 0 {
            0.0
        } else {
            offset[at - 1] + apart(grid, row[at - 1], *cell)
        });
        let (wished, weight) = wish[at];
        let mut pool = Pool {
            sum: (wished - offset[at]) * weight,
            weight,
            count: 1,
        };
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
    let all = pools
        .iter()
        .flat_map(|pool| std::iter::repeat_n(mean(pool), pool.count));
    for (at, mean) in all.enumerate() {
        x[row[at]] = mean + offset[at];
    }
}

/// Makes each arrow's lines one column where its neighbours leave room.
fn straighten(grid: &Grid, x: &mut [f64]) {
    let lines = |n: usize| grid.cells[n].vertex.is_none();
    let mut next = vec![None; grid.cells.len()];
    let mut inner = vec![false; grid.cells.len()];
    for link in grid
        .links
        .iter()
        .filter(|link| lines(link.upper) && lines(link.lower))
    {
        next[link.upper] = Some(link.lower);
        inner[link.lower] = true;
    }
    for first in (0..grid.cells.len()).filter(|n| lines(*n) && !inner[*n]) {
        let column: Vec<usize> = std::iter::successors(Some(first), |n| next[*n]).collect();
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        for cell in &column {
            let row = &grid.ranks[grid.cells[*cell].rank];
            let at = row.iter().position(|other| other == cell).unwrap_or(0);
            if at > 0 {
                low = low.max(x[row[at - 1]] + apart(grid, row[at - 1], *cell));
            }
            if let Some(right) = row.get(at + 1) {
                high = high.min(x[*right] - apart(grid, *cell, *right));
            }
        }
        let mean = column.iter().map(|cell| x[*cell]).sum::<f64>() / column.len() as f64;
        if low <= high {
            column.iter().for_each(|cell| x[*cell] = mean.clamp(low, high));
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
        let height = row
            .iter()
            .map(|cell| grid.cells[*cell].height)
            .fold(0.0, f64::max);
        let band = (top, top + height);
        top += height + (10.0 + lean * 0.12).clamp(14.0, 44.0);
        band
    });
    band.collect()
}
