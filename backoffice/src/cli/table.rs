//! Tables for people.

/// Rows under headings.
pub(crate) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty one.
    pub(crate) fn new(headings: impl IntoIterator<Item = &'static str>) -> Self {
        Self { headings: headings.into_iter().collect(), rows: Vec::new() }
    }

    /// With a row more.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(cell.into())).collect());
    }

    /// Columns as wide as their widest cell; the last one is not padded.
    pub(crate) fn render(&self, colour: bool) -> String {
        let mut widths: Vec<_> = self.headings.iter().map(|heading| columns(heading)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = columns(cell).max(*width);
            }
        }
        let headings: Vec<_> = self.headings.iter().map(|heading| (*heading).to_owned()).collect();
        let head = line(&headings, &widths);
        let mut text = if colour { format!("\u{1b}[1m{head}\u{1b}[0m") } else { head };
        for row in &self.rows {
            text.push('\n');
            text.push_str(&line(row, &widths));
        }
        text
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(cell)) + 2));
    }
    line.trim_end().to_owned()
}

/// What somebody else wrote may neither break the table nor steer the terminal.
fn one_line(cell: String) -> String {
    if cell.contains(char::is_control) { cell.replace(char::is_control, " ") } else { cell }
}

/// Columns on a terminal: Chinese characters and full-width forms take two.
fn columns(text: &str) -> usize {
    let wide = |c: char| {
        matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3fffd}')
    };
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_is_in_them() {
        let mut table = Table::new(["ID", "NAME", "PHASE"]);
        table.row(["1", "王小明", "issued"]);
        table.row(["22", "Li", "photo_review"]);
        let expected = "ID  NAME    PHASE\n1   王小明  issued\n22  Li      photo_review";
        assert_eq!(table.render(false), expected);
    }

    #[test]
    fn a_cell_cannot_steer_the_terminal() {
        let mut table = Table::new(["CAUSE"]);
        table.row(["bad\u{1b}[2J\nthing"]);
        assert_eq!(table.render(false), "CAUSE\nbad [2J thing");
    }

    #[test]
    fn colours_only_where_they_are_wanted() {
        let table = Table::new(["A"]);
        assert!(!table.render(false).contains('\u{1b}'));
        assert!(table.render(true).starts_with("\u{1b}[1mA"));
    }
}
