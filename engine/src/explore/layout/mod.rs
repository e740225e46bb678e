//! Where things go: the layered placing of Sugiyama, small.
//!
//! Boxes stand in ranks, top to bottom, and labels in ranks of their own between them. An arrow
//! passes every rank it crosses through a cell of its own, so that nothing it meets there can be
//! covered; between two ranks there is nothing but arrows.

mod order;
mod place;
mod rank;

/// A box. Its anchor, the middle of what is drawn, is where arrows meet it.
pub(super) struct Vertex {
    /// From the left edge to the anchor.
    pub(super) left: f64,
    /// From the anchor to the right edge, with whatever hangs on that side.
    pub(super) right: f64,
    /// Of what is drawn: arrows meet its top and bottom.
    pub(super) height: f64,
    /// The height of everything, if that is more.
    pub(super) room: f64,
}

/// An arrow between two different boxes, and the size of its label.
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: (f64, f64),
}

/// The result.
pub(super) struct Plan {
    /// For each box, its anchor's x and its top.
    pub(super) boxes: Vec<(f64, f64)>,
    pub(super) routes: Vec<Route>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// An arrow's way.
pub(super) struct Route {
    /// Pairs of points, each pair a vertical line, from the top to the bottom.
    pub(super) runs: Vec<[(f64, f64); 2]>,
    /// Whether it points up.
    pub(super) up: bool,
    /// The top of the label's line; the text stands to its right.
    pub(super) label: (f64, f64),
}

/// Free space at each side of a line, so that two are told apart.
const LINE: f64 = 6.0;

/// A place in a rank.
struct Cell {
    rank: usize,
    left: f64,
    right: f64,
    height: f64,
    /// The box, if it is one.
    vertex: Option<usize>,
}

/// A piece of an arrow between neighbouring ranks, with where it meets the two cells.
struct Link {
    upper: usize,
    lower: usize,
    upper_dx: f64,
    lower_dx: f64,
}

/// Cells in their ranks, and what connects them.
struct Grid {
    cells: Vec<Cell>,
    links: Vec<Link>,
    /// The cells of each rank, left to right.
    ranks: Vec<Vec<usize>>,
}

/// Places boxes and arrows. The first box is on top; `floating`, if given, is a box that nothing
/// leads to and that stands as low as its arrows allow.
pub(super) fn plan(vertices: &[Vertex], arrows: &[Arrow], floating: Option<usize>) -> Plan {
    let ranks = rank::ranks(vertices.len(), arrows, floating);
    let mut grid = Grid { cells: Vec::new(), links: Vec::new(), ranks: Vec::new() };
    for (n, vertex) in vertices.iter().enumerate() {
        let Vertex { left, right, room, .. } = *vertex;
        grid.add(Cell { rank: ranks[n], left, right, height: room, vertex: Some(n) });
    }
    let chains: Vec<Chain> = arrows.iter().map(|arrow| grid.chain(arrow, &ranks)).collect();
    order::order(&mut grid);
    place::ports(&mut grid);
    let x = place::columns(&grid);
    place::snap(&mut grid, &x);
    let bands = place::bands(&grid, &x);
    let top = |n: usize| {
        let (top, bottom) = bands[ranks[n]];
        (top + bottom - vertices[n].height) / 2.0
    };
    let route = |chain: &Chain| {
        let mut runs = Vec::new();
        for link in chain.links.clone() {
            let Link { upper, lower, upper_dx, lower_dx, .. } = grid.links[link];
            let (start, end) = (x[upper] + upper_dx, x[lower] + lower_dx);
            let band = |cell: usize| bands[grid.cells[cell].rank];
            match grid.cells[upper].vertex {
                Some(n) => runs.push([(start, top(n) + vertices[n].height), (start, band(upper).1)]),
                None => runs.push([(start, band(upper).0), (start, band(upper).1)]),
            }
            if let Some(n) = grid.cells[lower].vertex {
                runs.push([(end, band(lower).0), (end, top(n))]);
            }
        }
        let (label_top, label_bottom) = bands[grid.cells[chain.label].rank];
        let height = grid.cells[chain.label].height;
        Route { runs, up: chain.up, label: (x[chain.label], (label_top + label_bottom - height) / 2.0) }
    };
    let edge = |n: usize| x[n] + grid.cells[n].right;
    Plan {
        boxes: (0..vertices.len()).map(|n| (x[n], top(n))).collect(),
        routes: chains.iter().map(route).collect(),
        width: (0..grid.cells.len()).map(edge).fold(0.0, f64::max),
        height: bands.last().map_or(0.0, |(_, bottom)| *bottom),
    }
}

/// An arrow cut into pieces, top to bottom.
struct Chain {
    links: std::ops::Range<usize>,
    /// The cell that has the label.
    label: usize,
    up: bool,
}

impl Grid {
    fn add(&mut self, cell: Cell) -> usize {
        let n = self.cells.len();
        while self.ranks.len() <= cell.rank {
            self.ranks.push(Vec::new());
        }
        self.ranks[cell.rank].push(n);
        self.cells.push(cell);
        n
    }

    fn chain(&mut self, arrow: &Arrow, ranks: &[usize]) -> Chain {
        let up = ranks[arrow.from] > ranks[arrow.to];
        let (upper, lower) = if up { (arrow.to, arrow.from) } else { (arrow.from, arrow.to) };
        // A label is read where the arrow starts.
        let labelled = if up { ranks[lower] - 1 } else { ranks[upper] + 1 };
        let first = self.links.len();
        let mut label = upper;
        let mut above = upper;
        for rank in ranks[upper] + 1..ranks[lower] {
            let (width, height) = if rank == labelled { arrow.label } else { (0.0, 0.0) };
            let right = if width > 0.0 { LINE + width } else { LINE };
            let cell = self.add(Cell { rank, left: LINE, right, height, vertex: None });
            if rank == labelled {
                label = cell;
            }
            self.link(above, cell);
            above = cell;
        }
        self.link(above, lower);
        Chain { links: first..self.links.len(), label, up }
    }

    fn link(&mut self, upper: usize, lower: usize) {
        self.links.push(Link { upper, lower, upper_dx: 0.0, lower_dx: 0.0 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rect = [f64; 4];

    fn apart(a: &Rect, b: &Rect) -> bool {
        a[2] <= b[0] + 0.1 || b[2] <= a[0] + 0.1 || a[3] <= b[1] + 0.1 || b[3] <= a[1] + 0.1
    }

    /// A graph for each seed: a path, so that everything hangs together, and arrows anywhere.
    fn graph(seed: u64) -> (Vec<Vertex>, Vec<Arrow>) {
        let mut state = seed;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let count = 3 + next(12);
        let vertices = (0..count).map(|_| {
            let left = 20.0 + next(50) as f64;
            let height = 30.0 + (next(2) * 14) as f64;
            let right = left + (next(3) * 40) as f64;
            Vertex { left, right, height, room: height + (next(3) * 20) as f64 }
        });
        let vertices = vertices.collect();
        let mut ends: Vec<(usize, usize)> = (1..count).map(|n| (n - 1, n)).collect();
        ends.extend((0..count + next(count)).map(|_| (next(count), next(count))));
        ends.sort_unstable();
        ends.dedup();
        ends.retain(|(from, to)| from != to);
        let arrows = ends.into_iter().map(|(from, to)| {
            let label = (30.0 + next(80) as f64, 15.0 * (1 + next(3)) as f64);
            Arrow { from, to, label }
        });
        (vertices, arrows.collect())
    }

    #[test]
    fn no_box_label_or_line_covers_another() {
        for seed in 0..24 {
            let (vertices, arrows) = graph(seed);
            let plan = plan(&vertices, &arrows, None);
            let mut solid: Vec<Rect> = Vec::new();
            for (vertex, (x, top)) in vertices.iter().zip(&plan.boxes) {
                solid.push([x - vertex.left, *top, x + vertex.left, top + vertex.height]);
                let (middle, half) = (top + vertex.height / 2.0, vertex.room / 2.0);
                // What hangs beside the box.
                solid.push([
                    x + vertex.left + 0.2,
                    middle - half,
                    x + vertex.right.max(vertex.left + 0.2),
                    middle + half,
                ]);
            }
            for (arrow, route) in arrows.iter().zip(&plan.routes) {
                let (x, top) = route.label;
                solid.push([x + 1.0, top, x + arrow.label.0, top + arrow.label.1]);
            }
            for (n, one) in solid.iter().enumerate() {
                assert!(solid[..n].iter().all(|other| apart(one, other)), "seed {seed}: {n} covers another");
                assert!(one[0] >= 0.0 && one[2] <= plan.width + 0.1, "seed {seed}: {n} is outside");
                assert!(one[1] >= 0.0 && one[3] <= plan.height + 0.1, "seed {seed}: {n} is outside");
                for [(x, top), (_, bottom)] in plan.routes.iter().flat_map(|route| &route.runs) {
                    let line = [x - 0.5, *top, x + 0.5, *bottom];
                    assert!(apart(one, &line), "seed {seed}: a line goes through {n}");
                }
            }
        }
    }

    #[test]
    fn arrows_go_down_but_for_one_in_each_circle() {
        let vertex = || Vertex { left: 20.0, right: 20.0, height: 30.0, room: 30.0 };
        let vertices = [vertex(), vertex(), vertex(), vertex()];
        let arrow = |from, to| Arrow { from, to, label: (10.0, 15.0) };
        let arrows = [arrow(0, 1), arrow(1, 2), arrow(2, 1), arrow(3, 2)];
        let plan = plan(&vertices, &arrows, Some(3));
        let up: Vec<bool> = plan.routes.iter().map(|route| route.up).collect();
        assert_eq!(up, [false, false, true, false]);
        let top = |n: usize| plan.boxes[n].1;
        assert!(top(0) < top(1) && top(1) < top(2));
        assert_eq!(top(3), top(1), "what floats stands right above what it leads to");
    }
}
