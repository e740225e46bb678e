//! Records out of a file, one by one, each as a line of JSON that was read as a record. A file of any size takes the
//! memory of one line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use sealwright_workflows::register::LicenceRecord;
use serde_json::{Map, Value, json};

use super::super::exit::{Exit, Failure};
use super::super::unreadable;
use super::Format;

/// Bytes of a line; a hundred times what a record has.
const LINE_BYTES: u64 = 256 * 1024;

/// The columns of a CSV, in the order of `header`: others may be left out, none may be added.
const COLUMNS: [&str; 22] = [
    "number_kind",
    "number",
    "name",
    "sex",
    "nationality",
    "birth_date",
    "address",
    "first_issue",
    "classes",
    "valid_from",
    "valid_until",
    "authority_code",
    "authority_name",
    "archive_no",
    "remarks",
    "points",
    "status",
    "retained_photo",
    "retained_photo_meets",
    "revision",
    "email",
    "phone",
];

/// Why there is no record.
pub(super) enum Bad {
    /// This line is at fault; the next one may be good.
    Line(String),
    /// Nothing more can be read.
    File(Failure),
}

/// The records of a file with the numbers of their lines.
pub(super) enum Lines {
    Csv { reader: Box<csv::Reader<BufReader<File>>>, header: csv::StringRecord },
    Ndjson { reader: BufReader<File>, number: u64, over: bool },
}

impl Lines {
    pub(super) fn open(path: &Path, format: Format) -> Result<Self, Failure> {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let file = BufReader::new(file);
        if format == Format::Ndjson {
            return Ok(Lines::Ndjson { reader: file, number: 0, over: false });
        }
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
        let unfit = |why: String| {
            let todo = format!("The first line names the columns: {}.", COLUMNS.join(","));
            Failure::new(Exit::Usage, "header", format!("{} has no usable header", path.display()), todo)
                .because(why)
        };
        let header = reader.headers().map_err(|error| unfit(error.to_string()))?.clone();
        if let Some(strange) = header.iter().find(|name| !COLUMNS.contains(name)) {
            return Err(unfit(format!("there is no column `{strange}`")));
        }
        Ok(Lines::Csv { reader: Box::new(reader), header })
    }
}

impl Iterator for Lines {
    type Item = (u64, Result<String, Bad>);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Lines::Csv { reader, header } => {
                let mut row = csv::StringRecord::new();
                let number = reader.position().line();
                let record = match reader.read_record(&mut row) {
                    Ok(false) => return None,
                    Ok(true) => {
                        let number = row.position().map_or(number, csv::Position::line);
                        return Some((number, read(of_row(header, &row).to_string().as_bytes())));
                    }
                    Err(error) if error.is_io_error() => Err(broken(&error)),
                    Err(error) => Err(Bad::Line(match error.kind() {
                        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                            format!("it has {len} columns instead of {expected_len}")
                        }
                        // The text would repeat what stands there.
                        _ => "it is no line of a CSV in UTF-8".into(),
                    })),
                };
                Some((number, record))
            }
            Lines::Ndjson { reader, number, over } => loop {
                if *over {
                    return None;
                }
                let mut line = Vec::new();
                *number += 1;
                match reader.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line) {
                    Ok(0) => return None,
                    Ok(_) if line.trim_ascii().is_empty() => {}
                    Ok(read_bytes) if read_bytes as u64 == LINE_BYTES && !line.ends_with(b"\n") => {
                        // Where the next line begins would have to be searched for without an end.
                        *over = true;
                        let why = format!("it has more than {LINE_BYTES} bytes; nothing behind it is read");
                        return Some((*number, Err(Bad::Line(why))));
                    }
                    Ok(_) => return Some((*number, read(line.trim_ascii()))),
                    Err(error) => return Some((*number, Err(broken(&error)))),
                }
            },
        }
    }
}

fn broken(error: &dyn std::fmt::Display) -> Bad {
    let what = "the file cannot be read on";
    Bad::File(Failure::new(Exit::Failed, "unreadable", what, "Run the same command again.").because(error))
}

/// The JSON of a record, checked. What is wrong is told by place and kind, never by value.
fn read(json: &[u8]) -> Result<String, Bad> {
    let record = serde_json::from_slice::<LicenceRecord>(json).map_err(|error| {
        // Fields are named by serde in backticks; what stands in quotes may be anybody's.
        let text = error.to_string();
        let field = text.strip_prefix("missing field ").and_then(|rest| rest.split('`').nth(1));
        Bad::Line(match field {
            Some(field) => format!("it is no record: `{field}` is missing"),
            None => format!("it is no record: {:?} error at column {}", error.classify(), error.column()),
        })
    })?;
    serde_json::to_string(&record).map_err(|_| Bad::Line("it is no record".into()))
}

/// A CSV row as the JSON of a record; an empty cell is none.
fn of_row(header: &csv::StringRecord, row: &csv::StringRecord) -> Value {
    let mut record = Map::new();
    let [mut number, mut authority, mut contacts] = [Map::new(), Map::new(), Map::new()];
    for (column, cell) in header.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
        let text = Value::from(cell);
        match column {
            "number_kind" => number.insert("kind".into(), text),
            "number" => number.insert("value".into(), text),
            "authority_code" => authority.insert("code".into(), text),
            "authority_name" => authority.insert("name".into(), text),
            "email" | "phone" => contacts.insert(column.into(), text),
            "remarks" => record.insert(column.into(), cell.split('|').map(str::trim).collect()),
            "points" | "revision" => {
                record.insert(column.into(), cell.parse::<u64>().map_or(text, Value::from))
            }
            "retained_photo_meets" => {
                record.insert(column.into(), cell.parse::<bool>().map_or(text, Value::from))
            }
            _ => record.insert(column.into(), text),
        };
    }
    number.entry("kind").or_insert_with(|| json!("resident_identity_card"));
    record.insert("number".into(), number.into());
    record.insert("authority".into(), authority.into());
    record.insert("contacts".into(), contacts.into());
    record.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealwright::sandbox::people::{PEOPLE, record};

    fn all(format: Format, text: &str) -> Vec<(u64, Result<String, String>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records");
        std::fs::write(&path, text).unwrap();
        let lines = Lines::open(&path, format).map_err(|failure| failure.to_string()).unwrap();
        let told = |bad| match bad {
            Bad::Line(why) => why,
            Bad::File(failure) => failure.to_string(),
        };
        lines.map(|(number, line)| (number, line.map_err(told))).collect()
    }

    #[test]
    fn good_lines_are_kept_and_bad_ones_are_told_by_number_without_their_values() {
        let good = serde_json::to_string(&record(0, &PEOPLE[0]).unwrap()).unwrap();
        let bad = good.replace("\"A\"", "\"秘密\"");
        let text = format!("{good}\n\n{bad}\n{{\"name\": \"秘密\"}}\nnonsense 秘密\n{good}");
        let lines = all(Format::Ndjson, &text);
        assert_eq!(lines.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 3, 4, 5, 6]);
        assert_eq!((lines[0].1.as_ref(), lines[4].1.as_ref()), (Ok(&good), Ok(&good)));
        for (_, line) in &lines[1..4] {
            let why = line.as_ref().unwrap_err();
            assert!(why.contains("no record") && !why.contains("秘密"), "{why}");
        }
        let long = format!("{}\n{good}", "x".repeat(300 * 1024));
        assert_eq!(all(Format::Ndjson, &long).len(), 1, "a line without an end is the end");
    }

    #[test]
    fn a_csv_row_is_the_same_record() {
        let known = record(0, &PEOPLE[0]).unwrap();
        let header = "number,name,sex,nationality,birth_date,address,first_issue,classes,valid_from,valid_until,\
            authority_code,authority_name,archive_no,points,status,retained_photo,retained_photo_meets,email";
        let row = format!(
            "{},{},female,CHN,{},{},{},C1,{},{},京A,{},{},0,A,photo-retained,true,{}",
            known.number.as_str(),
            known.name,
            known.birth_date,
            known.address,
            known.first_issue,
            known.valid_from,
            known.valid_until.unwrap(),
            known.authority.name,
            known.archive_no.as_ref().unwrap().as_str(),
            known.contacts.email.as_ref().unwrap(),
        );
        let lines = all(Format::Csv, &format!("{header}\n{row}\ntoo,few\n{row}\n"));
        let read: LicenceRecord = serde_json::from_str(lines[0].1.as_ref().unwrap()).unwrap();
        let contacts = sealwright_workflows::register::Contacts { locale: None, ..known.contacts.clone() };
        assert_eq!(read, LicenceRecord { contacts, ..known });
        assert_eq!(lines[1], (3, Err("it has 2 columns instead of 18".into())));
        assert_eq!((lines[2].0, lines[2].1.is_ok()), (4, true));
    }
}
