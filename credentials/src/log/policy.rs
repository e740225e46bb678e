//! Which log and witnesses are trusted, as a text: the part of C2SP's `tlog-policy` that one log needs.

use std::str::FromStr;

use super::checkpoint::LogTrust;
use super::note::{MAX_SIGNATURES, NoteKey};

/// The longest policy in bytes.
const MAX_POLICY: usize = 64 * 1024;

/// Why a text is no policy: the line, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the log policy: {rule}")]
pub struct NotATrustPolicy {
    /// From 1; 0 if it is about all of it.
    pub line: usize,
    /// What must be.
    pub rule: &'static str,
}

/// Lines are `log KEY`, `witness NAME KEY`, `group NAME any|all|NUMBER WITNESS..` and `quorum NAME`, where NAME is
/// a witness or the group; a URL may follow a key; `#` begins a comment. One log, one group at most. Every
/// witness has a key of its own, and a group none twice, so that no one fills a quorum alone. Without a quorum of
/// one witness at least nobody says when something was logged, so `quorum none` is refused.
impl FromStr for LogTrust {
    type Err = NotATrustPolicy;

    fn from_str(text: &str) -> Result<Self, NotATrustPolicy> {
        if text.len() > MAX_POLICY {
            return Err(NotATrustPolicy { line: 0, rule: "has at most 64 KiB" });
        }
        let mut policy = Policy::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.split_once('#').map_or(line, |(before, _)| before);
            let words: Vec<_> = line.split_whitespace().collect();
            policy.read(&words).map_err(|rule| NotATrustPolicy { line: at + 1, rule })?;
        }
        policy.finish().map_err(|rule| NotATrustPolicy { line: 0, rule })
    }
}

#[derive(Default)]
struct Policy<'a> {
    log: Option<NoteKey>,
    witnesses: Vec<(&'a str, NoteKey)>,
    group: Option<(&'a str, usize, Vec<&'a str>)>,
    quorum: Option<&'a str>,
}

impl<'a> Policy<'a> {
    fn read(&mut self, words: &[&'a str]) -> Result<(), &'static str> {
        match words {
            [] => Ok(()),
            ["log", key] | ["log", key, _] => {
                let key: NoteKey = key.parse().map_err(|_| "`log` takes a key, name+hash+base64")?;
                must(!key.is_witness(), "that is a witness's key, not a log's")?;
                once(&mut self.log, key, "there is one log")
            }
            ["witness", name, key] | ["witness", name, key, _] => {
                let key: NoteKey =
                    key.parse().map_err(|_| "`witness` takes a name and a key, name+hash+base64")?;
                must(key.is_witness(), "that is a log's key, not a witness's")?;
                must(self.witnesses.len() < MAX_SIGNATURES, "there are at most 32 witnesses")?;
                let known =
                    |(other, of): &(&str, NoteKey)| other == name || of.public_key() == key.public_key();
                must(!self.witnesses.iter().any(known), "this witness is there already, by name or by key")?;
                self.witnesses.push((name, key));
                Ok(())
            }
            ["group", name, threshold, members @ ..] => {
                let known = |name: &str| self.witnesses.iter().any(|(other, _)| *other == name);
                must(members.iter().all(|name| known(name)), "a group names witnesses from the lines above")?;
                must(!known(name), "a group has another name than every witness")?;
                let twice = members.iter().enumerate().any(|(at, name)| members[..at].contains(name));
                must(!twice, "a group names no witness twice")?;
                let least = match *threshold {
                    "any" => 1,
                    "all" => members.len(),
                    number => number.parse().map_err(|_| "a group takes any, all or a number")?,
                };
                must((1..=members.len()).contains(&least), "a group asks for 1 to all of its witnesses")?;
                once(&mut self.group, (*name, least, members.to_vec()), "there is one group")
            }
            ["quorum", "none"] => Err("without a witness nobody says when something was logged"),
            ["quorum", name] => once(&mut self.quorum, *name, "there is one quorum"),
            _ => Err("a line begins with log, witness, group or quorum"),
        }
    }

    fn finish(self) -> Result<LogTrust, &'static str> {
        let log = self.log.ok_or("must name a log")?;
        let quorum = self.quorum.ok_or("must name a quorum: a witness or a group")?;
        let (least, members) = match self.group {
            Some((name, least, members)) if name == quorum => (least, members),
            _ => (1, vec![quorum]),
        };
        let witnesses = self.witnesses.into_iter().filter(|(name, _)| members.contains(name));
        let witnesses: Vec<_> = witnesses.map(|(_, key)| key).collect();
        must(witnesses.len() == members.len(), "the quorum must be a witness or the group")?;
        Ok(LogTrust { log, witnesses, quorum: least })
    }
}

fn once<T>(place: &mut Option<T>, value: T, rule: &'static str) -> Result<(), &'static str> {
    must(place.replace(value).is_none(), rule)
}

fn must(holds: bool, rule: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(rule) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ed25519Signer, Signer};

    fn keys() -> [String; 3] {
        let public = |seed| Ed25519Signer::from_seed(&[seed; 32]).public_key().clone();
        let log = NoteKey::log("licences.example/log", &public(1)).unwrap();
        let witness = |name, seed| NoteKey::witness(name, &public(seed)).unwrap().to_string();
        [log.to_string(), witness("one.example", 2), witness("two.example", 3)]
    }

    #[test]
    fn a_policy_says_whom_to_trust_and_how_many() {
        let [log, one, two] = keys();
        let head =
            format!("# ours\nlog {log} https://licences.example/log\nwitness a {one}\nwitness b {two}\n");
        for (tail, quorum, witnesses) in [
            ("group g all a b # both\nquorum g\n", 2, 2),
            ("group g any a b\nquorum g", 1, 2),
            ("group g 2 a b\nquorum g", 2, 2),
            ("quorum b", 1, 1),
        ] {
            let trust: LogTrust = format!("{head}{tail}").parse().unwrap();
            assert_eq!((trust.quorum, trust.witnesses.len()), (quorum, witnesses), "{tail}");
            assert_eq!(trust.log.to_string(), log);
        }
        let trust: LogTrust = format!("{head}quorum b").parse().unwrap();
        assert_eq!(trust.witnesses[0].to_string(), two);
    }

    #[test]
    fn what_would_trust_too_much_or_nobody_is_refused_with_its_line() {
        let [log, one, two] = keys();
        let head = format!("log {log}\nwitness a {one}\n");
        for (text, line) in [
            (String::new(), 0),
            (format!("log {log}\n"), 0),
            (head.clone(), 0),
            (format!("{head}quorum none"), 3),
            (format!("{head}quorum c"), 0),
            (format!("{head}log {log}"), 3),
            (format!("{head}witness a {two}"), 3),
            (format!("{head}witness b {one}"), 3),
            (format!("{head}witness b {log}"), 3),
            (format!("log {one}"), 1),
            (format!("{head}group g 0 a\nquorum g"), 3),
            (format!("{head}group g 2 a\nquorum g"), 3),
            (format!("{head}group g 2 a a\nquorum g"), 3),
            (format!("{head}group g any\nquorum g"), 3),
            (format!("{head}group a any a\nquorum a"), 3),
            (format!("{head}group g all b\nquorum g"), 3),
            (format!("{head}trust everybody"), 3),
            ("#".repeat(MAX_POLICY + 1), 0),
        ] {
            assert_eq!(text.parse::<LogTrust>().map_err(|e| e.line).err(), Some(line), "{text:.200}");
        }
    }
}
