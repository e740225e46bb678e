//! Looks through a JPEG file, marker by marker, before anything is decoded.
//!
//! The decoder fills in what is missing and repeats as often as the file asks. A cut-off upload must not
//! become a licence photo with a grey lower half, and a small file must not keep a core busy for minutes.

/// What is wrong with the file's structure.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It ends before the picture does.
    CutOff,
    /// More passes over the picture than any camera writes.
    TooManyScans,
}

/// Checks that the picture is complete. Bytes after its end are nobody's: they are not copied.
pub(super) fn check_jpeg(bytes: &[u8]) -> Result<(), Fault> {
    let mut rest = Rest(bytes.get(2..).unwrap_or_default());
    let mut scans = 0;
    loop {
        match rest.next_marker().ok_or(Fault::CutOff)? {
            END if scans > 0 => return Ok(()),
            // Restarts and TEM stand alone; 00 is a stuffed byte that only sloppy files have here.
            0x00 | 0x01 | 0xD0..=0xD9 => {}
            SCAN => {
                scans += 1;
                if scans > MAX_SCANS {
                    return Err(Fault::TooManyScans);
                }
                rest.skip_segment().ok_or(Fault::CutOff)?;
                rest.skip_entropy().ok_or(Fault::CutOff)?;
            }
            _ => rest.skip_segment().ok_or(Fault::CutOff)?,
        }
    }
}

struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// The next marker's code; bytes before it are skipped as decoders do.
    fn next_marker(&mut self) -> Option<u8> {
        let start = self.0.iter().position(|byte| *byte == 0xFF)?;
        let code = start + self.0[start..].iter().position(|byte| *byte != 0xFF)?;
        let marker = self.0[code];
        self.0 = &self.0[code + 1..];
        Some(marker)
    }

    fn skip_segment(&mut self) -> Option<()> {
        let length = u16::from_be_bytes([*self.0.first()?, *self.0.get(1)?]);
        self.0 = self.0.get(usize::from(length).max(2)..)?;
        Some(())
    }

    /// To the next marker that is neither a stuffed byte nor a restart.
    fn skip_entropy(&mut self) -> Option<()> {
        let ends = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xFF | 0xD0..=0xD7);
        let end = self.0.windows(2).position(ends)?;
        self.0 = &self.0[end..];
        Some(())
    }
}

const SCAN: u8 = 0xDA;
const END: u8 = 0xD9;

/// Progressive encoders write about ten.
const MAX_SCANS: u32 = 100;
