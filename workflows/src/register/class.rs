//! Permitted classes of vehicles (准驾车型): the codes of `domain.md` 2.7, Order 162 Annex 1.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One class code, in the order of the annex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the codes are the law's; their names are in `name`")]
#[rustfmt::skip]
pub enum PermittedClass { A1, A2, A3, B1, B2, C1, C2, C3, C4, C5, C6, D, E, F, M, N, P }

/// The classes of one licence, such as `A1A2D`. Never empty; written in the order of the annex.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClassSet(u32);

/// Classes that are not codes of the annex.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClassesUnreadable {
    /// No code at all.
    #[error(
        "the permitted classes are missing: every licence permits at least one; ask the authority for the record again"
    )]
    Missing,
    /// From this place on it is no code.
    #[error(
        "the permitted classes cannot be read from place {place} on: that is no class code; \
         write codes of Order 162 one after another, such as A1A2D or C1E"
    )]
    NoSuchClass {
        /// The first character of what is no code, counted from 1.
        place: usize,
    },
}

impl PermittedClass {
    /// All codes, in order.
    #[rustfmt::skip]
    pub const ALL: [PermittedClass; 17] = {
        use PermittedClass::*;
        [A1, A2, A3, B1, B2, C1, C2, C3, C4, C5, C6, D, E, F, M, N, P]
    };

    /// The code, as printed on the licence.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// The name of the class, English and Chinese.
    pub fn name(self) -> (&'static str, &'static str) {
        (self.row().1, self.row().2)
    }

    /// The classes whose vehicles it permits, its own included.
    pub fn permits(self) -> ClassSet {
        // The column is read by a test, so nothing is lost here; its own class keeps the set filled.
        ClassSet(parse(self.row().3).unwrap_or(0) | self.bit())
    }

    fn row(self) -> &'static (&'static str, &'static str, &'static str, &'static str) {
        &CLASSES[self as usize]
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl ClassSet {
    /// Whether the licence names this code.
    pub fn contains(self, class: PermittedClass) -> bool {
        self.0 & class.bit() != 0
    }

    /// The codes it names, in order.
    pub fn iter(self) -> impl Iterator<Item = PermittedClass> {
        PermittedClass::ALL.into_iter().filter(move |class| self.contains(*class))
    }

    /// Every class whose vehicles may be driven, with what the codes permit beside their own.
    pub fn permitted(self) -> ClassSet {
        ClassSet(self.iter().fold(self.0, |set, class| set | class.permits().0))
    }

    /// Whether some vehicle may be driven under `self` and not under `new`: a downgrade, also when another
    /// class is added in the same breath.
    pub fn loses_rights_under(self, new: ClassSet) -> bool {
        self.permitted().0 & !new.permitted().0 != 0
    }
}

impl FromStr for ClassSet {
    type Err = ClassesUnreadable;

    fn from_str(text: &str) -> Result<Self, ClassesUnreadable> {
        match parse(text)? {
            0 => Err(ClassesUnreadable::Missing),
            set => Ok(ClassSet(set)),
        }
    }
}

impl From<PermittedClass> for ClassSet {
    fn from(class: PermittedClass) -> Self {
        ClassSet(class.bit())
    }
}

impl TryFrom<String> for ClassSet {
    type Error = ClassesUnreadable;

    fn try_from(text: String) -> Result<Self, ClassesUnreadable> {
        text.parse()
    }
}

impl From<ClassSet> for String {
    fn from(set: ClassSet) -> Self {
        set.to_string()
    }
}

impl fmt::Display for PermittedClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for ClassSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|class| f.write_str(class.code()))
    }
}

impl fmt::Debug for ClassSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClassSet({self})")
    }
}

fn parse(text: &str) -> Result<u32, ClassesUnreadable> {
    let mut set = 0;
    let mut rest = text;
    while !rest.is_empty() {
        // No code is the beginning of another, so the first that fits is the one.
        let Some(class) = PermittedClass::ALL.into_iter().find(|class| rest.starts_with(class.code())) else {
            let read = text.len() - rest.len();
            return Err(ClassesUnreadable::NoSuchClass { place: read + 1 });
        };
        set |= class.bit();
        rest = &rest[class.code().len()..];
    }
    Ok(set)
}

#[rustfmt::skip]
const CLASSES: [(&str, &str, &str, &str); 17] = [
    ("A1", "large passenger vehicle", "大型客车", "A3B1B2C1C2C3C4M"),
    ("A2", "heavy tractor and trailer", "重型牵引挂车", "B1B2C1C2C3C4C6M"),
    ("A3", "city bus", "城市公交车", "C1C2C3C4"),
    ("B1", "medium passenger vehicle", "中型客车", "C1C2C3C4M"),
    ("B2", "large goods vehicle", "大型货车", "C1C2C3C4M"),
    ("C1", "small vehicle", "小型汽车", "C2C3C4"),
    ("C2", "small automatic vehicle", "小型自动挡汽车", ""),
    ("C3", "low-speed goods vehicle", "低速载货汽车", "C4"),
    ("C4", "three-wheel vehicle", "三轮汽车", ""),
    ("C5", "adapted small automatic passenger vehicle", "残疾人专用小型自动挡载客汽车", ""),
    ("C6", "light tractor and trailer", "轻型牵引挂车", ""),
    ("D", "three-wheel motorcycle", "普通三轮摩托车", "EF"),
    ("E", "two-wheel motorcycle", "普通二轮摩托车", "F"),
    ("F", "light motorcycle", "轻便摩托车", ""),
    ("M", "wheeled special machinery", "轮式专用机械车", ""),
    ("N", "trolleybus", "无轨电车", ""),
    ("P", "tram", "有轨电车", ""),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(text: &str) -> ClassSet {
        text.parse().expect("classes")
    }

    #[test]
    fn codes_one_after_another_are_read_and_written_in_order() {
        for (text, written) in
            [("A1A2D", "A1A2D"), ("C1E", "C1E"), ("DA2A1", "A1A2D"), ("C1C1", "C1"), ("P", "P")]
        {
            assert_eq!(set(text).to_string(), written);
        }
    }

    #[test]
    fn what_is_no_code_is_refused_by_place() {
        for (text, place) in
            [("C", 1), ("C7", 1), ("A1X", 3), ("c1", 1), ("A1 A2", 3), ("A1B", 3), ("C1驾", 3)]
        {
            assert_eq!(text.parse::<ClassSet>(), Err(ClassesUnreadable::NoSuchClass { place }), "{text}");
        }
        assert_eq!("".parse::<ClassSet>(), Err(ClassesUnreadable::Missing));
    }

    #[test]
    fn a_class_permits_what_the_annex_says() {
        assert_eq!(set("C1").permitted(), set("C1C2C3C4"));
        assert_eq!(set("A2").permitted(), set("A2B1B2C1C2C3C4C6M"));
        assert_eq!(set("D").permitted(), set("DEF"));
        assert_eq!(set("C5").permitted(), set("C5"));
    }

    #[test]
    fn fewer_vehicles_are_a_loss_whatever_the_codes() {
        let rows = [
            ("A1", "C1", true),
            ("C1", "A1", false),
            ("C1C2", "C1", false),
            ("C1", "C1E", false),
            ("C1E", "A2", true),
            ("C1", "C1", false),
        ];
        for (old, new, lost) in rows {
            assert_eq!(set(old).loses_rights_under(set(new)), lost, "{old} to {new}");
        }
    }

    #[test]
    fn every_row_belongs_to_its_code() {
        for class in PermittedClass::ALL {
            assert_eq!(format!("{class:?}"), class.code());
            parse(class.row().3).expect("the annex names codes");
        }
    }

    proptest! {
        #[test]
        fn a_set_is_the_same_after_json(bits in 1_u32..1 << 17) {
            let json = serde_json::to_string(&ClassSet(bits)).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<ClassSet>(&json).expect("classes"), ClassSet(bits));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = text.parse::<ClassSet>();
        }
    }
}
