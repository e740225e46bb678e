//! The national classes as Vienna categories.

use super::time::write_full_date;
use crate::cbor::Writer;
use crate::content::Content;

/// What each national class permits, its own and the classes it includes (Order 162 Annex 1; `domain.md` 2.7), as
/// Vienna categories. `78` is ISO/IEC 18013-1's restriction to automatic gearboxes. Our mapping
/// (`credentials.md` 1.2): no treaty lists it. A3, C3, C4, C5, M, N, P have no category of their own.
const CATEGORIES: [(&str, &[&str]); 11] = [
    ("A1", &["D", "D1", "C", "B"]),
    ("A2", &["CE", "D1", "C", "B", "BE"]),
    ("A3", &["B"]),
    ("B1", &["D1", "B"]),
    ("B2", &["C", "B"]),
    ("C1", &["B"]),
    ("C2", &[AUTOMATIC]),
    ("C6", &["BE"]),
    ("D", &["A", "AM"]),
    ("E", &["A", "AM"]),
    ("F", &["AM"]),
];

const AUTOMATIC: &str = "B/78";

/// Writes `driving_privileges` (ISO/IEC 18013-5 7.2.4). It may be empty.
pub(super) fn write(w: &mut Writer, content: &Content) {
    let mut categories = categories(&content.classes);
    // Who may drive with any gearbox needs no second entry that says less.
    if categories.contains(&"B") {
        categories.retain(|category| *category != AUTOMATIC);
    }
    w.array(categories.len() as u64);
    for category in categories {
        let automatic = category == AUTOMATIC;
        w.map(1 + u64::from(content.valid_until.is_some()) + u64::from(automatic));
        w.text("vehicle_category_code").text(if automatic { "B" } else { category });
        if let Some(end) = content.valid_until {
            write_full_date(w.text("expiry_date"), end);
        }
        if automatic {
            w.text("codes").array(1).map(1).text("code").text("78");
        }
    }
}

/// Each category once, in the order of the classes.
fn categories(classes: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for class in split(classes) {
        let permitted = CATEGORIES.iter().find(|(code, _)| *code == class).map_or(&[][..], |(_, all)| all);
        for category in permitted {
            if !found.contains(category) {
                found.push(*category);
            }
        }
    }
    found
}

/// `A1A2D` as `A1`, `A2`, `D`: [`Content::check`] has seen to the form.
fn split(classes: &str) -> impl Iterator<Item = &str> {
    let starts = classes.char_indices().filter(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at);
    let mut ends = starts.clone().skip(1).chain([classes.len()]);
    starts.map(move |start| &classes[start..ends.next().unwrap_or(start)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_map_to_categories_with_what_they_include() {
        for (classes, expected) in [
            ("C1", &["B"][..]),
            ("C2", &["B/78"]),
            ("C1E", &["B", "A", "AM"]),
            ("A1A2D", &["D", "D1", "C", "B", "CE", "BE", "A", "AM"]),
            ("A3", &["B"]),
            ("C2C6", &["B/78", "BE"]),
            ("C5", &[]),
            ("MNP", &[]),
            ("Z9", &[]),
        ] {
            assert_eq!(categories(classes), expected, "{classes}");
        }
    }
}
