//! The class-code rules (准驾车型代号规定) as the secondary page prints them.
//!
//! Source: Order 162 of the Ministry of Public Security, Annex 1, in force 2022-04-01, as given in
//! `domain.md` 2.7. The English is ours.

/// One permitted class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// The code: a letter and perhaps a digit.
    pub code: &'static str,
    /// Its name in the order.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// The codes of the classes that may be driven with it too, without a word of their own on the licence.
    pub permits: &'static [&'static str],
}

/// Every class of the order, in its order.
pub const CLASSES: [Class; 17] = [
    class("A1", "大型客车", "Large bus", &["A3", "B1", "B2", "C1", "C2", "C3", "C4", "M"]),
    class(
        "A2",
        "重型牵引挂车",
        "Heavy articulated vehicle, over 4.5 t",
        &["B1", "B2", "C1", "C2", "C3", "C4", "C6", "M"],
    ),
    class("A3", "城市公交车", "City bus", &["C1", "C2", "C3", "C4"]),
    class("B1", "中型客车", "Medium bus", &["C1", "C2", "C3", "C4", "M"]),
    class("B2", "大型货车", "Large goods vehicle", &["C1", "C2", "C3", "C4", "M"]),
    class("C1", "小型汽车", "Small motor vehicle", &["C2", "C3", "C4"]),
    class("C2", "小型自动挡汽车", "Small vehicle, automatic", &[]),
    class("C3", "低速载货汽车", "Low-speed goods vehicle", &["C4"]),
    class("C4", "三轮汽车", "Three-wheeled vehicle", &[]),
    class("C5", "残疾人专用小型自动挡载客汽车", "Adapted small automatic car", &[]),
    class("C6", "轻型牵引挂车", "Light articulated vehicle, under 4.5 t", &[]),
    class("D", "普通三轮摩托车", "Three-wheeled motorcycle", &["E", "F"]),
    class("E", "普通二轮摩托车", "Two-wheeled motorcycle", &["F"]),
    class("F", "轻便摩托车", "Moped", &[]),
    class("M", "轮式专用机械车", "Wheeled special machinery", &[]),
    class("N", "无轨电车", "Trolleybus", &[]),
    class("P", "有轨电车", "Tram", &[]),
];

const fn class(
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    permits: &'static [&'static str],
) -> Class {
    Class { code, zh, en, permits }
}

/// What a licence says about one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// Named on the licence.
    Named,
    /// Allowed by a class that is.
    Permitted,
    No,
}

/// The codes in a class list such as `A1A2D`.
pub(super) fn codes(list: &str) -> impl Iterator<Item = &str> {
    let starts = list.char_indices().filter(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at);
    let ends = starts.clone().skip(1).chain([list.len()]);
    starts.zip(ends).map(|(from, to)| &list[from..to])
}

pub(super) fn held(list: &str, code: &str) -> Held {
    let permits =
        |named: &str| CLASSES.iter().any(|class| class.code == named && class.permits.contains(&code));
    if codes(list).any(|named| named == code) {
        Held::Named
    } else if codes(list).any(permits) {
        Held::Permitted
    } else {
        Held::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_falls_apart_into_its_codes() {
        assert_eq!(codes("A1A2D").collect::<Vec<_>>(), ["A1", "A2", "D"]);
        assert_eq!(codes("DEF").collect::<Vec<_>>(), ["D", "E", "F"]);
        assert_eq!(codes("").count(), 0);
    }

    #[test]
    fn what_a_class_permits_is_held_too() {
        assert_eq!(held("A1D", "A1"), Held::Named);
        assert_eq!(held("A1D", "C3"), Held::Permitted);
        assert_eq!(held("A1D", "F"), Held::Permitted);
        assert_eq!(held("A1D", "A2"), Held::No);
        assert_eq!(held("X9", "C1"), Held::No);
    }

    #[test]
    fn every_permitted_class_is_a_class_and_permission_is_transitive() {
        for class in CLASSES {
            for code in class.permits {
                let other = CLASSES.iter().find(|other| other.code == *code).expect(code);
                let nested = other.permits.iter().find(|code| !class.permits.contains(code));
                assert_eq!(nested, None, "{} permits {code}", class.code);
            }
        }
    }
}
