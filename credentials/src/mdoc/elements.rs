use std::borrow::Cow;
use std::fmt;

use super::limits::MAX_PORTRAIT;
use super::names::is_latin;
use super::time::{write_full_date, write_tdate};
use super::{MdlError, MdlNames, must, privileges};
use crate::cbor::Writer;
use crate::content::Content;
use crate::verify::day_in_china;
use crate::x509::Subject;
use crate::{Date, Digest};

/// What a mobile driving licence says. Personal data: it is not printed.
#[derive(Clone, Copy)]
pub struct Mdl<'a> {
    /// The licence.
    pub content: &'a Content,
    /// The same in Latin letters.
    pub names: &'a MdlNames,
    /// The portrait as JPEG, at most [`MAX_PORTRAIT`] bytes; the one whose digest the content holds.
    pub portrait: &'a [u8],
    /// The `expiry_date` of a 长期 licence, which the international element cannot leave out; the domestic namespace
    /// says that there is no end. Not used where the content has one.
    pub technical_end: Date,
    /// For which ages NN to say `age_over_NN`, 1 to 99, ascending. Told as of the day the content was generated.
    pub ages: &'a [u8],
}

impl fmt::Debug for Mdl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mdl").field("content", self.content).finish_non_exhaustive()
    }
}

/// One element, its value encoded.
pub(super) struct Encoded {
    pub(super) identifier: Cow<'static, str>,
    pub(super) value: Vec<u8>,
}

/// The elements of the international and of the domestic namespace, in a fixed order.
pub(super) fn encode(mdl: &Mdl<'_>, signer: &Subject) -> Result<[Vec<Encoded>; 2], MdlError> {
    let (c, names) = (mdl.content, mdl.names);
    c.check()?;
    names.check(c)?;
    let p = mdl.portrait;
    must(
        p.starts_with(&[0xFF, 0xD8, 0xFF]) && p.ends_with(&[0xFF, 0xD9]) && p.len() <= MAX_PORTRAIT,
        "portrait",
        "must be a JPEG of at most 256 KiB",
    )?;
    must(Digest::of(p) == c.photo_digest, "portrait", "must be the photo whose digest the content holds")?;
    must(is_latin(&c.licence_number), "licence_number", "must be Latin-1 in an mDL")?;
    let ascending = mdl.ages.is_sorted_by(|a, b| a < b);
    must(
        ascending && mdl.ages.iter().all(|age| (1..=99).contains(age)),
        "ages",
        "must ascend within 1 to 99",
    )?;
    let today = day_in_china(c.generated_at).unwrap_or(c.valid_from);
    let end = c.valid_until.unwrap_or(mdl.technical_end);
    must(
        end >= today && (1800..=9999).contains(&chrono::Datelike::year(&end)),
        "technical_end",
        "the licence's last day must not be before the day it is generated",
    )?;
    Ok([international(mdl, signer, today, end), domestic(c)])
}

fn international(mdl: &Mdl<'_>, signer: &Subject, today: Date, end: Date) -> Vec<Encoded> {
    let (c, names) = (mdl.content, mdl.names);
    let mut list = List(Vec::with_capacity(24));
    list.text("family_name", &names.family_name);
    list.text("given_name", &names.given_name);
    list.date("birth_date", c.birth_date);
    list.date("issue_date", today);
    list.date("expiry_date", end);
    list.text("issuing_country", &signer.country);
    list.text("issuing_authority", &names.issuing_authority);
    list.text("document_number", &c.licence_number);
    list.put("portrait", |w| _ = w.bytes(mdl.portrait));
    list.put("driving_privileges", |w| privileges::write(w, c));
    list.text("un_distinguishing_sign", "CHN");
    if let Some(number) = c.archive_number.as_deref().filter(|number| is_latin(number)) {
        list.text("administrative_number", number);
    }
    list.put("sex", |w| _ = w.int(c.sex as i64));
    if let Some(code) = &names.nationality {
        list.text("nationality", code);
    }
    if let Some(address) = &names.resident_address {
        list.text("resident_address", address);
    }
    // ISO 3166-2: verifiers compare it with the certificate's state.
    let is_subdivision = |state: &&String| state.starts_with(&format!("{}-", signer.country));
    if let Some(state) = signer.state.as_ref().filter(is_subdivision) {
        list.text("issuing_jurisdiction", state);
    }
    for age in mdl.ages {
        let reached = today.years_since(c.birth_date).is_some_and(|years| years >= u32::from(*age));
        list.put(format!("age_over_{age:02}"), |w| _ = w.bool(reached));
    }
    list.text("family_name_national_character", &names.family_name_national);
    list.text("given_name_national_character", &names.given_name_national);
    list.0
}

fn domestic(c: &Content) -> Vec<Encoded> {
    let mut list = List(Vec::with_capacity(16));
    list.text("name", &c.name);
    list.text("licence_number", &c.licence_number);
    list.text("classes", &c.classes);
    list.text("status_at_issue", &c.status_at_issue);
    list.date("valid_from", c.valid_from);
    // 长期 is said, not left to be guessed from an absence that may as well be a choice of the holder.
    list.put("long_term", |w| _ = w.bool(c.valid_until.is_none()));
    if let Some(end) = c.valid_until {
        list.date("valid_until", end);
    }
    list.date("first_issue", c.first_issue);
    list.text("authority", &c.authority);
    list.text("address", &c.address);
    if let Some(number) = &c.archive_number {
        list.text("archive_number", number);
    }
    if let Some(record) = &c.record {
        list.text("record", record);
    }
    list.text("serial", c.serial.as_str());
    list.put("version", |w| _ = w.int(c.version.into()));
    list.put("generated_at", |w| write_tdate(w, c.generated_at));
    list.0
}

struct List(Vec<Encoded>);

impl List {
    fn put(&mut self, identifier: impl Into<Cow<'static, str>>, write: impl FnOnce(&mut Writer)) {
        let mut w = Writer::with_capacity(32);
        write(&mut w);
        self.0.push(Encoded { identifier: identifier.into(), value: w.finish() });
    }

    fn text(&mut self, identifier: &'static str, text: &str) {
        self.put(identifier, |w| _ = w.text(text));
    }

    fn date(&mut self, identifier: &'static str, date: Date) {
        self.put(identifier, |w| write_full_date(w, date));
    }
}
