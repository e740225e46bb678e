//! Breaking and shrinking text into a box, without a font at hand.
//!
//! An SVG is drawn with whatever font its reader has, so widths are upper bounds over the common ones: a line
//! may come out shorter than reckoned, never longer.

/// Line height over letter size.
pub(super) const LEADING: f64 = 1.25;

/// Text broken into lines of one size.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    pub(super) size: f64,
    pub(super) lines: Vec<String>,
}

impl Fitted {
    pub(super) fn height(&self) -> f64 {
        self.lines.len() as f64 * self.size * LEADING
    }
}

/// The largest size at which `text` fits `width` by `height`; at `smallest` it may become higher.
pub(super) fn fit(text: &str, width: f64, height: f64, largest: f64, smallest: f64) -> Fitted {
    let mut size = largest;
    loop {
        let fitted = Fitted { size, lines: wrap(text, width / size) };
        if fitted.height() <= height || size <= smallest {
            return fitted;
        }
        size = f64::max(size - 0.5, smallest);
    }
}

/// The width of `text` in ems, at most.
pub(super) fn ems(text: &str) -> f64 {
    text.chars().map(advance).sum()
}

fn wrap(text: &str, ems: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut start, mut width) = (0, 0.0);
    // The last place where this line may end, and the width up to it.
    let mut chance: Option<(usize, f64)> = None;
    let mut previous = None;
    for (at, c) in text.char_indices() {
        if at > start && previous.is_some_and(|before| may_break(before, c)) {
            chance = Some((at, width));
        }
        let advance = advance(c);
        // Twice where what follows the last chance is still too long.
        while width + advance > ems && at > start && advance > 0.0 && c != ' ' {
            let (end, used) = chance.take().unwrap_or((at, width));
            lines.push(text[start..end].trim_end().to_owned());
            (start, width) = (end, width - used);
        }
        width += advance;
        previous = Some(c);
    }
    lines.push(text[start..].trim_end().to_owned());
    lines
}

fn may_break(before: char, after: char) -> bool {
    const CLOSING: &str = "，。、；：！？）》」』】〉”’·・…%,.;:!?)]}";
    const OPENING: &str = "（《「『【〈“‘([{";
    if CLOSING.contains(after) || OPENING.contains(before) || advance(after) == 0.0 || after == ' ' {
        return false;
    }
    matches!(before, ' ' | '-' | '/' | ',' | ';' | '·' | '_') || is_wide(before) || is_wide(after)
}

fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x11FF | 0x2E80..=0xA4CF | 0xA960..=0xA97F | 0xAC00..=0xD7FF
        | 0xF900..=0xFAFF | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F000..=0x1FAFF
        | 0x20000..=0x3FFFF)
}

/// Upper bounds of advance widths in common sans-serif fonts, bold ones too, in ems.
fn advance(c: char) -> f64 {
    match c {
        'i' | 'l' | 'j' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | 'I' => 0.40,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' | '\\' => 0.50,
        '·' => 1.0,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 1.11,
        'A'..='Z' => 0.86,
        ' '..='~' => 0.72,
        // Marks that sit on the letter before them, joiners, variation selectors.
        '\u{0300}'..='\u{036F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2060}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{064B}'..='\u{065F}'
        | '\u{0670}'
        | '\u{20D0}'..='\u{20FF}'
        | '\u{E0100}'..='\u{E01EF}' => 0.0,
        '\u{00A0}'..='\u{02FF}' => 0.9,
        c if is_wide(c) => 1.0,
        _ => 1.1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_end_where_a_reader_expects_it() {
        assert_eq!(wrap("北京市公安局，交通管理局", 6.0), ["北京市公安", "局，交通管理", "局"]);
        assert_eq!(wrap("12 Long Street, Old Town", 8.0), ["12 Long", "Street, Old", "Town"]);
        assert_eq!(wrap("阿卜杜热合曼·买买提", 7.0), ["阿卜杜热合曼·", "买买提"]);
        assert_eq!(wrap("AAAAAAAAAA", 3.0), ["AAA", "AAA", "AAA", "A"]);
        assert_eq!(wrap("", 3.0), [""]);
    }

    #[test]
    fn a_mark_stays_with_its_letter() {
        assert_eq!(wrap("ee\u{301}", 1.5), ["ee\u{301}"]);
        assert_eq!(wrap("ee\u{301}e", 1.5), ["ee\u{301}", "e"]);
    }

    #[test]
    fn short_text_keeps_its_size_and_long_text_shrinks() {
        assert_eq!(fit("欧阳建国", 200.0, 60.0, 22.0, 9.0).size, 22.0);
        let long = fit(&"长".repeat(50), 200.0, 60.0, 22.0, 9.0);
        assert!(long.size < 22.0 && long.height() <= 60.0, "{long:?}");
        assert!(fit(&"长".repeat(500), 200.0, 60.0, 22.0, 9.0).height() > 60.0);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_line_is_too_long(text in "([一-龥A-Za-z0-9 ·，()-]){0,200}", room in 2.0..40.0) {
            let lines = wrap(&text, room);
            let bare = |text: &str| text.replace(' ', "");
            prop_assert_eq!(bare(&lines.concat()), bare(&text));
            for line in lines {
                prop_assert!(ems(&line) <= room + 1e-9, "{} in {}", line, room);
            }
        }
    }
}
