//! Green or red, and the words for it (`domain.md` 2.2 and 2.8).

use super::{CardError, Words};
use crate::verify::day_in_china;
use crate::{Content, Standing};

/// How a card looks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    /// In order: green, black codes, a tick.
    Green,
    /// Shown, and not to be driven with: red, red codes, hatching, a bar in an octagon.
    Red,
}

/// Every colour of a face.
#[derive(Debug)]
pub(super) struct Palette {
    /// The header.
    pub(super) deep: &'static str,
    pub(super) deeper: &'static str,
    /// Lines and marks.
    pub(super) line: &'static str,
    /// The page, from top to bottom.
    pub(super) page: [&'static str; 2],
    /// Behind codes and boxes.
    pub(super) panel: &'static str,
    /// Modules of the codes.
    pub(super) code: &'static str,
    pub(super) ink: &'static str,
    /// Small words; at least 4.5 to 1 on the page.
    pub(super) muted: &'static str,
    /// Small words on the header.
    pub(super) pale: &'static str,
}

const GREEN: Palette = Palette {
    deep: "#0f6b50",
    deeper: "#07432f",
    line: "#1d8a66",
    page: ["#cdebd9", "#e6f5ec"],
    panel: "#f2faf5",
    code: "#000000",
    ink: "#0d2119",
    muted: "#3f6152",
    pale: "#c4e9d6",
};

const RED: Palette = Palette {
    deep: "#a01329",
    deeper: "#650416",
    line: "#c73349",
    page: ["#f8d0d3", "#fce8e8"],
    panel: "#fdeeee",
    code: "#a0001a",
    ink: "#2b090e",
    muted: "#7a3a42",
    pale: "#fbd3d6",
};

impl Face {
    pub(super) fn palette(self) -> &'static Palette {
        match self {
            Self::Green => &GREEN,
            Self::Red => &RED,
        }
    }

    /// The face that `standing` gives at `at` (Unix seconds), or why there is none. A validity period that is
    /// over makes it red whatever the standing: a register may be late.
    pub(super) fn of(content: &Content, standing: Standing, at: i64) -> Result<Self, CardError> {
        let today = day_in_china(at).ok_or(CardError::Time)?;
        match standing {
            Standing::Hidden | Standing::Invalid | Standing::Superseded => Err(CardError::NotShown(standing)),
            Standing::Active | Standing::Suspended if today < content.valid_from => {
                Err(CardError::NotYetValid)
            }
            Standing::Active if over(content, at) => Ok(Self::Red),
            Standing::Active => Ok(Self::Green),
            Standing::Suspended => Ok(Self::Red),
        }
    }
}

fn over(content: &Content, at: i64) -> bool {
    day_in_china(at).is_none_or(|today| content.valid_until.is_some_and(|last| today > last))
}

/// What the card says about its standing: one phrase, or a few for a set of codes.
pub(super) fn standing_words(face: Face, content: &Content, status: &str, at: i64) -> Vec<Words> {
    if face == Face::Green {
        return vec![Words("正常", "In order")];
    }
    let mut words: Vec<Words> = status.chars().filter_map(red_code).collect();
    if over(content, at) && !status.contains('M') {
        words.push(Words("逾期未换证", "Not renewed in time"));
    }
    words.dedup();
    if words.is_empty() {
        words.push(Words("暂停使用", "Suspended"));
    }
    words
}

/// Only codes that every register reads alike have words of their own.
fn red_code(code: char) -> Option<Words> {
    Some(match code {
        'B' => Words("超分", "Over the points limit"),
        'C' => Words("转出", "Transferred out"),
        'D' => Words("暂扣", "Suspended"),
        'M' => Words("逾期未换证", "Not renewed in time"),
        'N' => Words("延期换证", "Renewal deferred"),
        'S' => Words("逾期未审验", "Review overdue"),
        'T' => Words("延期审验", "Review deferred"),
        'U' => Words("扣留", "Retained by police"),
        'A' | 'H' | 'I' => return None,
        _ => Words("状态异常", "Not in order"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2, relative luminance and contrast.
    fn contrast(a: &str, b: &str) -> f64 {
        let luminance = |colour: &str| {
            let channel = |at: usize| {
                let share = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("hex")) / 255.0;
                if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_word_can_be_read_and_every_code_scanned() {
        for palette in [&GREEN, &RED] {
            for paper in [palette.page[0], palette.page[1], palette.panel] {
                assert!(contrast(palette.ink, paper) > 12.0, "{palette:?}");
                assert!(contrast(palette.muted, paper) > 4.5, "{palette:?}");
            }
            for paper in [palette.deep, palette.deeper] {
                assert!(
                    contrast("#ffffff", paper) > 4.5 && contrast(palette.pale, paper) > 4.5,
                    "{palette:?}"
                );
            }
            assert!(contrast(palette.code, palette.panel) > 7.0, "{palette:?}");
        }
    }
}
