//! Two values, line by line.

use std::fmt::Debug;

/// The lines of both: `-` was expected and is missing, `+` was not expected.
pub(super) fn of<T: Debug, U: Debug>(expected: &T, found: &U) -> String {
    let (expected, found) = (format!("{expected:#?}"), format!("{found:#?}"));
    let (left, right): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    // common[i][j]: how many lines left[i..] and right[j..] have in common, in order.
    let mut common = vec![vec![0usize; right.len() + 1]; left.len() + 1];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            common[i][j] = if left[i] == right[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let mut text = String::from("  - expected, + found\n");
    let (mut i, mut j) = (0, 0);
    while i < left.len() || j < right.len() {
        let (mark, line) = if i < left.len() && j < right.len() && left[i] == right[j] {
            (i, j) = (i + 1, j + 1);
            (' ', left[i - 1])
        } else if j == right.len() || (i < left.len() && common[i + 1][j] >= common[i][j + 1]) {
            i += 1;
            ('-', left[i - 1])
        } else {
            j += 1;
            ('+', right[j - 1])
        };
        text.push_str(&format!("  {mark} {line}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_marked() {
        let text = of(&vec!["same", "old", "end"], &vec!["same", "new", "end"]);
        let marked: Vec<&str> = text.lines().skip(1).filter(|line| !line.starts_with("    ")).collect();
        assert_eq!(marked, ["  -     \"old\",", "  +     \"new\","]);
    }
}
