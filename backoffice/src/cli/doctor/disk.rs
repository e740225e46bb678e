//! The data folder: who may read it, whether it takes data, how much; and the clock, by the disk's.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use sealwright_engine::Timestamp;
use sealwright_engine::clock::Clock;

use super::Finding;

/// Below this a busy day fills it: the write-ahead log alone may take 64 MiB.
const LITTLE: u64 = 1024 * 1024 * 1024;
/// Below this nothing should be started.
const NOTHING: u64 = 128 * 1024 * 1024;
/// How far the clocks of the machine and of its disk, which may be another machine, can differ
/// without anybody noticing.
const SKEW: Duration = Duration::from_secs(5);
/// This program did not exist before.
const OLDEST: Timestamp = Timestamp::from_secs(1_790_000_000);

pub(super) fn examine(folder: &Path, clock: &dyn Clock) -> Vec<Finding> {
    if !folder.exists() {
        let todo =
            "Start the server or run `sealwright migrate up`; or give another folder in the configuration.";
        return vec![Finding::bad("data folder", format!("{} does not exist", folder.display()), todo)];
    }
    let before = clock.now();
    let written = write(folder);
    let after = clock.now();
    let mut findings = vec![permissions(folder), space(folder)];
    match written {
        Ok(stamp) => {
            findings.push(Finding::good("data written", "a file was written, flushed and removed"));
            findings.push(time(stamp, before, after));
        }
        Err(error) => {
            let detail = format!("nothing can be written to {}: {error}", folder.display());
            findings.push(Finding::bad(
                "data written",
                detail,
                "Let the server's user own the folder, and free space.",
            ));
        }
    }
    findings
}

fn permissions(folder: &Path) -> Finding {
    let shown = folder.display();
    match std::fs::metadata(folder) {
        Err(error) => {
            Finding::bad("data folder", format!("{shown}: {error}"), "Let the server's user own the folder.")
        }
        Ok(about) if !about.is_dir() => {
            Finding::bad("data folder", format!("{shown} is no folder"), "Give a folder.")
        }
        Ok(about) => match about.permissions().mode() & 0o777 {
            mode if mode & 0o022 != 0 => {
                let detail = format!("others can write to {shown} (its mode is {mode:o})");
                Finding::bad("data folder", detail, format!("chmod 700 {shown}"))
            }
            mode if mode & 0o055 != 0 => {
                let detail = format!("others can look into {shown} (its mode is {mode:o})");
                Finding::warning("data folder", detail, format!("chmod 700 {shown}"))
            }
            mode => Finding::good("data folder", format!("{shown}, mode {mode:o}")),
        },
    }
}

fn space(folder: &Path) -> Finding {
    match fs4::available_space(folder) {
        Err(error) => {
            Finding::warning("disk space", format!("it cannot be told: {error}"), "Look at it yourself.")
        }
        Ok(bytes) => judge_space(bytes),
    }
}

fn judge_space(bytes: u64) -> Finding {
    let detail = format!("{:.1} GiB are free", bytes as f64 / 1024.0_f64.powi(3));
    let todo =
        "Free space or move the data. A full disk stops the server from accepting work; nothing is lost.";
    match bytes {
        bytes if bytes < NOTHING => Finding::bad("disk space", detail, todo),
        bytes if bytes < LITTLE => Finding::warning("disk space", detail, todo),
        _ => Finding::good("disk space", detail),
    }
}

/// Writes a file, and answers the time that the disk gave it.
fn write(folder: &Path) -> io::Result<Timestamp> {
    let path = folder.join(format!(".doctor-{}", std::process::id()));
    let written = File::options().write(true).create_new(true).open(&path).and_then(|mut file| {
        file.write_all(&[0x55; 4_096])?;
        file.sync_all()?;
        file.metadata()?.modified()
    });
    std::fs::remove_file(&path)?;
    let since = written?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Timestamp::EPOCH + since)
}

fn time(stamp: Timestamp, before: Timestamp, after: Timestamp) -> Finding {
    let todo = "Set the clock, and keep it with NTP: due times and signatures depend on it.";
    if before < OLDEST {
        return Finding::bad("clock", format!("it shows {before}, which is over"), todo);
    }
    let ahead = before.since(stamp + SKEW);
    let behind = stamp.since(after + SKEW);
    if ahead > Duration::ZERO || behind > Duration::ZERO {
        let detail = format!("it shows {after}, and the disk's clock {stamp}");
        return Finding::bad("clock", detail, todo);
    }
    Finding::good("clock", format!("{after}, as the disk says"))
}

#[cfg(test)]
mod tests {
    use sealwright_engine::clock::{ManualClock, SystemClock};

    use super::super::Health;
    use super::*;

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("sealwright-doctor-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn health(findings: &[Finding], check: &str) -> Health {
        findings.iter().find(|finding| finding.check == check).unwrap().health
    }

    #[test]
    fn a_private_folder_is_good_and_one_of_everybody_is_not() {
        let folder = folder("mode");
        for (mode, expected) in [(0o700, Health::Good), (0o755, Health::Warning), (0o777, Health::Bad)] {
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
            let findings = examine(&folder, &SystemClock);
            assert_eq!(health(&findings, "data folder"), expected, "{mode:o}");
            assert_eq!(health(&findings, "data written"), Health::Good);
            assert_eq!(health(&findings, "clock"), Health::Good);
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "the doctor leaves nothing behind");
        std::fs::remove_dir(&folder).unwrap();
    }

    #[test]
    fn a_clock_that_is_wrong_is_found() {
        let folder = folder("clock");
        let now = SystemClock.now();
        let day = Duration::from_secs(86_400);
        for wrong in [now + day, now - day, Timestamp::EPOCH] {
            let findings = examine(&folder, &ManualClock::at(wrong));
            assert_eq!(health(&findings, "clock"), Health::Bad, "{wrong}");
        }
        std::fs::remove_dir(&folder).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_bad_and_space_is_judged() {
        assert_eq!(health(&examine(Path::new("no/such/folder"), &SystemClock), "data folder"), Health::Bad);
        let expected = [(0, Health::Bad), (NOTHING, Health::Warning), (LITTLE, Health::Good)];
        for (bytes, health) in expected {
            assert_eq!(judge_space(bytes).health, health);
        }
    }
}
