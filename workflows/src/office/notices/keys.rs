//! Which messages there are, with which parts and variables; and what of a file does not fit them.

use fluent_syntax::ast::{Attribute, Entry, Expression, InlineExpression, Pattern, PatternElement};

pub(super) struct Key {
    pub(super) id: &'static str,
    /// Whether it is a letter: with `.text`, `.short`, and perhaps `.after`.
    pub(super) is_letter: bool,
    pub(super) variables: &'static [&'static str],
}

/// The parts that every letter has.
pub(super) const PARTS: [&str; 2] = ["text", "short"];
const AFTER: &str = "after";

const fn letter(id: &'static str, variables: &'static [&'static str]) -> Key {
    Key { id, is_letter: true, variables }
}

pub(super) const KEYS: [Key; 18] = [
    Key { id: "greeting", is_letter: false, variables: &["name"] },
    Key { id: "greeting_unknown", is_letter: false, variables: &[] },
    Key { id: "closing", is_letter: false, variables: &[] },
    letter("issued", &["version"]),
    letter("photo_rejected", &["tries_left"]),
    letter("confirm_again", &[]),
    letter("refused", &["reason"]),
    letter("barred", &[]),
    letter("reminder", &["phase", "expires_at"]),
    letter("delayed", &["about"]),
    letter("expired", &[]),
    letter("withdrawn", &[]),
    letter("abandoned", &[]),
    letter("licence_suspended", &[]),
    letter("licence_hidden", &[]),
    letter("licence_restored", &[]),
    letter("licence_reissued", &["version"]),
    letter("licence_invalidated", &[]),
];

/// What is wrong with a file's messages; empty if nothing is.
pub(super) fn mistakes<'a>(entries: impl Iterator<Item = &'a Entry<&'a str>>) -> Vec<String> {
    let entries: Vec<_> = entries.collect();
    let (mut wrong, mut seen) = (Vec::new(), Vec::new());
    let terms: Vec<&str> = entries
        .iter()
        .filter_map(|entry| if let Entry::Term(term) = entry { Some(term.id.name) } else { None })
        .collect();
    for entry in entries {
        let (id, value, attributes) = match entry {
            Entry::Message(message) => (message.id.name, message.value.as_ref(), &message.attributes),
            Entry::Term(term) => {
                // Like a message without variables. Terms of terms could go in circles.
                let id = format!("-{}", term.id.name);
                let mut look = Look { id, variables: &[], terms: &[], wrong: &mut wrong };
                look.pattern(&term.value);
                continue;
            }
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => continue,
            Entry::Junk { .. } => {
                wrong.push("a part that is no message".into());
                continue;
            }
        };
        if seen.contains(&id) {
            wrong.push(format!("`{id}` stands there twice"));
        }
        seen.push(id);
        let Some(key) = KEYS.iter().find(|key| key.id == id) else {
            let known = KEYS.map(|key| key.id).join(", ");
            wrong.push(format!("there is no message `{id}`; there are {known}"));
            continue;
        };
        if value.is_none() {
            wrong.push(format!("`{id}` has no value: give its text after the ="));
        }
        parts(key, attributes, &mut wrong);
        let patterns = value.into_iter().chain(attributes.iter().map(|attribute| &attribute.value));
        let mut look = Look { id: id.to_owned(), variables: key.variables, terms: &terms, wrong: &mut wrong };
        patterns.for_each(|pattern| look.pattern(pattern));
    }
    wrong
}

fn parts(key: &Key, attributes: &[Attribute<&str>], wrong: &mut Vec<String>) {
    let id = key.id;
    for attribute in attributes {
        let name = attribute.id.name;
        if !key.is_letter || !(PARTS.contains(&name) || name == AFTER) {
            wrong.push(format!("`{id}` has a part `.{name}` that nobody reads"));
        }
    }
    let has = |part: &str| attributes.iter().any(|attribute| attribute.id.name == part);
    for part in PARTS.into_iter().filter(|part| key.is_letter && !has(part)) {
        wrong.push(format!("`{id}` lacks `.{part}`: a message is changed as a whole"));
    }
}

/// Goes through a text for what nobody fills in.
struct Look<'a> {
    id: String,
    variables: &'a [&'static str],
    terms: &'a [&'a str],
    wrong: &'a mut Vec<String>,
}

impl Look<'_> {
    fn pattern(&mut self, pattern: &Pattern<&str>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.expression(expression);
            }
        }
    }

    fn expression(&mut self, expression: &Expression<&str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                self.inline(selector);
                variants.iter().for_each(|variant| self.pattern(&variant.value));
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&str>) {
        match inline {
            InlineExpression::VariableReference { id } if self.variables.contains(&id.name) => {}
            InlineExpression::VariableReference { id } => {
                let those = match self.variables {
                    [] => "it has none".to_owned(),
                    some => format!("it has {}", some.join(", ")),
                };
                self.wrong.push(format!("`{}` has no variable `${}`; {those}", self.id, id.name));
            }
            InlineExpression::FunctionReference { id, .. } => {
                self.wrong.push(format!("`{}` calls {}(): there are no functions", self.id, id.name));
            }
            InlineExpression::MessageReference { id, .. } => {
                self.wrong.push(format!(
                    "`{}` refers to the message `{}`; what several share must be a term, such as -{}",
                    self.id, id.name, id.name
                ));
            }
            InlineExpression::Placeable { expression } => self.expression(expression),
            InlineExpression::TermReference { id, .. } if !self.terms.contains(&id.name) => {
                self.wrong.push(format!("`{}` names the term -{}, which is not there", self.id, id.name));
            }
            InlineExpression::StringLiteral { .. }
            | InlineExpression::NumberLiteral { .. }
            | InlineExpression::TermReference { .. } => {}
        }
    }
}
