//! One slice: so many lines of a page, followed or compared.

use std::collections::HashMap;

use futures_util::StreamExt as _;
use futures_util::stream;
use sealwright_engine::{Actor, Engine, PersonId};

use super::{Answered, count};
use crate::office::Office;
use crate::office::follow::{Followed, NotFollowed};
use crate::office::ledger::{Compared, Line};
use crate::office::register::Change;
use crate::register::{LicenceNumber, LicenceRecord, RecordDigest};
use crate::sweep::{Answer, Cause, Counts, Place, Tally};

/// One licence to be followed.
enum Errand {
    /// To this record, or to a newer one.
    Record(Box<LicenceRecord>),
    /// To what the register says when it is asked.
    Number(LicenceNumber),
}

impl Errand {
    fn number(&self) -> &LicenceNumber {
        match self {
            Errand::Record(record) => &record.number,
            Errand::Number(number) => number,
        }
    }
}

impl Office {
    /// Follows the changes from `place` on, `most` of them, to the end of the page.
    pub(super) async fn sweep_changes(
        &self,
        engine: &Engine,
        slice: u32,
        place: Place,
        most: u32,
        dry_run: bool,
        errand: Actor,
    ) -> Answered {
        let page = self.register().changes(place.after.as_deref()).await.map_err(|why| why.to_string())?;
        let lines = page.changes.len();
        let from = lines.min(place.line as usize);
        let to = lines.min(from + most as usize);
        let mut tally = Tally::default();
        tally.counts.seen = (to - from) as u64;
        let mut errands = Vec::with_capacity(to - from);
        for change in page.changes.into_iter().take(to).skip(from) {
            match change {
                Change::Found(record) => errands.push(Errand::Record(record)),
                Change::Missing(number) => errands.push(Errand::Number(number)),
                Change::Unreadable(_) => tally.fail(Cause::Unreadable, None),
            }
        }
        if dry_run {
            let lines: Vec<_> = errands.iter().map(hint).collect();
            let Compared { known, differing } = self.compare(&lines).await?;
            tally.counts += compared(lines.len(), known, differing.len());
        } else {
            self.follow_all(engine, errands, &mut tally, errand).await?;
        }
        let (next, end) = on(place, to, lines, page.next, page.more);
        Ok(Answer::Swept { slice, tally, differing: vec![], next, end })
    }

    /// Compares digests from `place` on until `most` were found that differ, to the end of the page.
    pub(super) async fn compare_digests(
        &self,
        slice: u32,
        place: Place,
        most: u32,
        dry_run: bool,
    ) -> Answered {
        let page = self.register().digests(place.after.as_deref()).await.map_err(|why| why.to_string())?;
        let lines = page.digests.len();
        let from = lines.min(place.line as usize);
        let page_lines: Vec<_> = page.digests.iter().map(|(number, digest)| line(number, *digest)).collect();
        let rest = &page_lines[from..];
        let mut found = self.compare(rest).await?;
        let mut to = lines;
        if let Some((last, _)) = found.differing.get(most as usize).filter(|_| !dry_run) {
            // The first that is one too many begins the next slice.
            to = from + last;
            found = self.compare(&rest[..*last]).await?;
        }
        let mut tally = Tally::default();
        if from == 0 {
            // What cannot be read has no place among the lines; it is counted with the first of them.
            (0..page.unreadable).for_each(|_| tally.fail(Cause::Unreadable, None));
            tally.counts.seen += page.unreadable as u64;
        }
        tally.counts.seen += (to - from) as u64;
        tally.counts += compared(to - from, found.known, found.differing.len());
        let mut differing: Vec<_> = found.differing.into_iter().map(|(_, person)| person).collect();
        if dry_run {
            differing.clear();
        } else {
            tally.counts.different = 0;
        }
        let (next, end) = on(place, to, lines, page.next, page.more);
        Ok(Answer::Swept { slice, tally, differing, next, end })
    }

    /// Asks for the records of these people and follows them.
    pub(super) async fn follow_people(
        &self,
        engine: &Engine,
        slice: u32,
        people: Vec<PersonId>,
        errand: Actor,
    ) -> Answered {
        let mut tally = Tally::default();
        let mut errands = Vec::with_capacity(people.len());
        for person in people {
            match self.number_of(person).await? {
                Some(number) => errands.push(Errand::Number(number)),
                // Erased since they were compared.
                None => tally.counts.noted += 1,
            }
        }
        self.follow_all(engine, errands, &mut tally, errand).await?;
        // They were counted as seen when they were compared; so they were known.
        Ok(Answer::Followed { slice, tally })
    }

    /// Follows them, some at once. Of a licence that has several lines the register is asked once: which of them is
    /// the newest they do not say, and each would get the one answer of this errand again.
    async fn follow_all(
        &self,
        engine: &Engine,
        errands: Vec<Errand>,
        tally: &mut Tally,
        errand: Actor,
    ) -> Result<(), String> {
        let mut lines: HashMap<LicenceNumber, (Errand, u64)> = HashMap::with_capacity(errands.len());
        for one in errands {
            let number = one.number().clone();
            match lines.remove(&number) {
                Some((_, more)) => lines.insert(number.clone(), (Errand::Number(number), more + 1)),
                None => lines.insert(number, (one, 0)),
            };
        }
        let follow = |(number, (one, more))| self.follow_one(engine, number, one, more, errand.clone());
        let mut all = stream::iter(lines).map(follow).buffer_unordered(self.outside());
        while let Some((number, more, came)) = all.next().await {
            let counts = &mut tally.counts;
            match came {
                Ok(Followed::Unknown) => counts.unknown += more,
                Ok(_) | Err(_) => counts.unchanged += more,
            }
            let failed = matches!(came, Err(NotFollowed::Unreadable(_) | NotFollowed::Refused(_)));
            let holder = match failed {
                true => self.dossiers().find(&number).await.map_err(|error| error.to_string())?,
                false => None,
            };
            count(tally, came, holder.map(|holder| holder.licence))?;
        }
        // Lines come to their ends in any order, and what is recorded must not depend on it.
        tally.failures.sort_unstable_by_key(|failure| (failure.cause, failure.licence));
        Ok(())
    }

    async fn follow_one(
        &self,
        engine: &Engine,
        number: LicenceNumber,
        errand: Errand,
        more: u64,
        actor: Actor,
    ) -> (LicenceNumber, u64, Result<Followed, NotFollowed>) {
        let came = match errand {
            Errand::Record(record) => self.follow(engine, *record, actor).await,
            Errand::Number(number) => self.follow_number(engine, &number, actor).await,
        };
        (number, more, came)
    }

    async fn compare(&self, lines: &[Line]) -> Result<Compared, String> {
        self.ledger().compare(lines).await.map_err(|why| why.to_string())
    }
}

/// What a line says of a licence before anybody is asked.
fn hint(errand: &Errand) -> Line {
    match errand {
        Errand::Record(record) => line(&record.number, record.digest()),
        Errand::Number(number) => Line { number: number.entry(), digest: [0; 32] },
    }
}

fn line(number: &LicenceNumber, digest: RecordDigest) -> Line {
    Line { number: number.entry(), digest: *digest.as_bytes() }
}

fn compared(lines: usize, known: u64, differing: usize) -> Counts {
    let different = differing as u64;
    Counts {
        unknown: (lines as u64).saturating_sub(known),
        unchanged: known.saturating_sub(different),
        different,
        ..Counts::default()
    }
}

/// Where the next slice begins, and whether there is none.
fn on(place: Place, to: usize, lines: usize, next: String, more: bool) -> (Place, bool) {
    if to < lines {
        let line = u32::try_from(to).unwrap_or(u32::MAX);
        (Place { line, ..place }, false)
    } else {
        (Place { after: Some(next), line: 0 }, !more)
    }
}
