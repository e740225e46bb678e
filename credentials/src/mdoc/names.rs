use std::fmt;

use pinyin::ToPinyin as _;
use serde::{Deserialize, Serialize};

use super::{MdlError, must};
use crate::content::Content;

/// The longest text of an international element, in characters (ISO/IEC 18013-5 7.2.1).
pub(super) const MAX_LATIN: usize = 150;

/// What the international elements need beside the register's Chinese text: the same in Latin letters, and the
/// name split in two. Personal data: it is not printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MdlNames {
    /// Family name in Latin-1, as in the passport: `OUYANG`.
    pub family_name: String,
    /// Given names in Latin-1.
    pub given_name: String,
    /// Family name in the name's own script: `欧阳`.
    pub family_name_national: String,
    /// Given names in the name's own script.
    pub given_name_national: String,
    /// Who issues, in Latin-1.
    pub issuing_authority: String,
    /// Where the holder lives, in Latin-1, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident_address: Option<String>,
    /// ISO 3166-1 alpha-2 in capitals, where that is known: the register's own wording is no code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
}

impl MdlNames {
    /// What can be derived from the register's text where it has nothing in Latin letters: a name of two to four
    /// Chinese characters, split after its surname, and the authority, each as [`romanise`] reads them. `None`
    /// for any other name: where another one is split, and how it is spelled, is for the register to say.
    ///
    /// No address is given, and a nationality only where the register writes a code or 中国.
    pub fn of_chinese(content: &Content) -> Option<Self> {
        let name: Vec<char> = content.name.chars().collect();
        if !(2..=4).contains(&name.len()) || !name.iter().all(|c| c.to_pinyin().is_some()) {
            return None;
        }
        let start = |length: usize| name[..length].iter().collect::<String>();
        // Of two characters the second is a given name, whatever the two could mean together.
        let compound = name.len() > 2 && COMPOUND.contains(&start(2).as_str());
        let family = start(1 + usize::from(compound));
        let given = &content.name[family.len()..];
        let nationality = match content.nationality.as_str() {
            "中国" | "CHN" | "CN" => Some("CN".into()),
            code if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) => Some(code.into()),
            _ => None,
        };
        Some(Self {
            family_name: romanise(&family, true)?,
            given_name: romanise(given, false)?,
            issuing_authority: romanise(&content.authority, false)?,
            given_name_national: given.into(),
            family_name_national: family,
            resident_address: None,
            nationality,
        })
    }

    /// Checks that every text fits its element, and that the two national parts are the register's name.
    pub(super) fn check(&self, content: &Content) -> Result<(), MdlError> {
        latin("family_name", &self.family_name)?;
        latin("given_name", &self.given_name)?;
        latin("issuing_authority", &self.issuing_authority)?;
        self.resident_address.as_deref().map_or(Ok(()), |text| latin("resident_address", text))?;
        let parts = [&self.family_name_national, &self.given_name_national];
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let [family, given] = parts.map(|part| letters(part));
        let whole = letters(&content.name);
        let same = [family.clone() + &given, given.clone() + &family].contains(&whole);
        must(
            same && !family.is_empty() && !given.is_empty(),
            "family_name_national",
            "family and given name must together be the name in the record, in one order or the other",
        )?;
        // Separators were left aside above; nothing else may hide between the letters.
        let known = |c: char| c.is_alphanumeric() || content.name.contains(c) || c == ' ';
        must(
            parts.iter().all(|part| part.chars().count() <= MAX_LATIN && part.chars().all(known)),
            "given_name_national",
            "must be at most 150 characters, all of them from the name in the record",
        )?;
        let alpha_2 = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        must(
            self.nationality.as_ref().is_none_or(alpha_2),
            "nationality",
            "must be two capital letters (ISO 3166-1), or left out",
        )
    }
}

impl fmt::Debug for MdlNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MdlNames").finish_non_exhaustive()
    }
}

/// Whether a text fits an international element.
pub(super) fn is_latin(text: &str) -> bool {
    !text.trim().is_empty()
        && text.chars().count() <= MAX_LATIN
        && text.chars().all(|c| c <= '\u{FF}' && !c.is_control())
}

pub(super) fn latin(field: &'static str, text: &str) -> Result<(), MdlError> {
    must(is_latin(text), field, "must be 1 to 150 Latin-1 characters: give it romanised, as in the passport")
}

/// Chinese characters as Hanyu Pinyin in capitals without tones, in one word: `建国` is `JIANGUO`, `吕` is `LYU`
/// (GB/T 28039: ü is YU). Latin letters stay, in capitals. `None` if a character has no reading here.
///
/// A help for filling [`MdlNames`], not a source of truth: it takes the commonest reading, and surnames often
/// have another (单 SHAN, 曾 ZENG, 解 XIE, 仇 QIU, 区 OU, 尉迟 YUCHI); a few of those are known here, the rest is for
/// the holder's passport to say. `surname` asks for those readings.
pub fn romanise(text: &str, surname: bool) -> Option<String> {
    if surname && let Some((_, reading)) = SURNAMES.iter().find(|(name, _)| *name == text) {
        return Some((*reading).into());
    }
    let mut out = String::new();
    for c in text.chars() {
        match c.to_pinyin() {
            Some(reading) => out.push_str(&reading.plain().replace('ü', "yu").to_ascii_uppercase()),
            None if c.is_ascii_alphabetic() => out.push(c.to_ascii_uppercase()),
            None => return None,
        }
    }
    is_latin(&out).then_some(out)
}

/// Surnames whose reading is not the commonest one of their characters.
const SURNAMES: [(&str, &str); 17] = [
    ("单", "SHAN"),
    ("單", "SHAN"),
    ("曾", "ZENG"),
    ("解", "XIE"),
    ("仇", "QIU"),
    ("区", "OU"),
    ("朴", "PIAO"),
    ("查", "ZHA"),
    ("盖", "GE"),
    ("翟", "ZHAI"),
    ("尉迟", "YUCHI"),
    ("万俟", "MOQI"),
    ("澹台", "TANTAI"),
    ("繁", "PO"),
    ("召", "SHAO"),
    ("覃", "QIN"),
    ("缪", "MIAO"),
];

/// Surnames of two characters that are in use.
const COMPOUND: [&str; 28] = [
    "欧阳", "歐陽", "司马", "司馬", "上官", "诸葛", "諸葛", "夏侯", "皇甫", "尉迟", "公孙", "公孫", "慕容",
    "令狐", "宇文", "长孙", "司徒", "司空", "澹台", "淳于", "轩辕", "东方", "独孤", "南宫", "万俟", "呼延",
    "端木", "百里",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_read_as_passports_spell_it() {
        for (text, surname, expected) in [
            ("欧阳", true, Some("OUYANG")),
            ("建国", false, Some("JIANGUO")),
            ("吕", true, Some("LYU")),
            ("女", false, Some("NYU")),
            ("单", true, Some("SHAN")),
            ("单", false, Some("DAN")),
            ("曾", true, Some("ZENG")),
            ("Zoe", false, Some("ZOE")),
            ("买买提·吐尔逊", false, None),
            ("\u{20BB7}", true, None),
            ("", false, None),
        ] {
            assert_eq!(romanise(text, surname).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_surnames_that_would_be_misread_are_listed() {
        let read_right = |(name, reading): &(&str, &str)| romanise(name, false).as_deref() == Some(*reading);
        let needless: Vec<_> = SURNAMES.iter().filter(|entry| read_right(entry)).collect();
        assert_eq!(needless, [&("", ""); 0]);
        for (name, reading) in SURNAMES {
            assert_eq!(romanise(name, true).as_deref(), Some(reading));
        }
    }

    #[test]
    fn latin_1_ends_at_150_characters_and_at_u_00ff() {
        assert!(is_latin("Zoë Þórsdóttir ÿ"));
        assert!(is_latin(&"x".repeat(150)));
        for bad in ["王", "Łukasz", "A\u{7}", "A\u{85}", " ", "", &"x".repeat(151)] {
            assert!(!is_latin(bad), "{bad}");
        }
    }
}
