//! Files of lines with the time in front, a new one after so many days.

use super::messages::*;
use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, Datelike, Days, Local, Months, NaiveDate, TimeZone};
use dhcpd_config::parameters::LegalLogUnit;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How files are named and rotated.
#[derive(Clone, Debug)]
pub struct Rotation {
    pub folder: PathBuf,
    pub base_name: String,
    pub unit: LegalLogUnit,
    /// Units; 0 for never.
    pub count: u32,
    pub prerotate: Option<PathBuf>,
    pub postrotate: Option<PathBuf>,
}

/// The file that lines are written to.
#[derive(Debug)]
pub struct RotatingFile {
    rotation: Rotation,
    path: PathBuf,
    file: File,
    /// When the file began.
    began: DateTime<Local>,
}

impl Rotation {
    /// The file of this time.
    fn path(&self, began: DateTime<Local>) -> PathBuf {
        let tag = match self.unit {
            LegalLogUnit::Second => format!("T{:020}", began.timestamp()),
            _ => format!("{:04}{:02}{:02}", began.year(), began.month(), began.day()),
        };
        self.folder.join(format!("{}.{tag}.txt", self.base_name))
    }

    /// Whether a file that began then is over.
    fn is_over(&self, began: DateTime<Local>, now: DateTime<Local>) -> bool {
        let (day, today) = (began.date_naive(), now.date_naive());
        let end = match self.unit {
            LegalLogUnit::Second => return now.timestamp() - began.timestamp() >= i64::from(self.count),
            LegalLogUnit::Day => day.checked_add_days(Days::new(self.count.into())),
            LegalLogUnit::Month => day.checked_add_months(Months::new(self.count)),
            LegalLogUnit::Year => day.checked_add_months(Months::new(self.count.saturating_mul(12))),
        };
        end.is_some_and(|end| end <= today)
    }

    /// When the newest file began, if it is there and not over: it is written on.
    fn latest(&self, now: DateTime<Local>) -> Option<DateTime<Local>> {
        let tags = std::fs::read_dir(&self.folder).ok()?.filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            name.strip_prefix(&self.base_name)?.strip_prefix('.')?.strip_suffix(".txt").map(str::to_owned)
        });
        let began = |tag: String| match self.unit {
            LegalLogUnit::Second => {
                let seconds = tag.strip_prefix('T').filter(|digits| digits.len() == 20)?.parse().ok()?;
                Local.timestamp_opt(seconds, 0).single()
            }
            _ => {
                let day = NaiveDate::parse_from_str(&tag, "%Y%m%d").ok().filter(|_| tag.len() == 8)?;
                Local.from_local_datetime(&day.and_hms_opt(0, 0, 0)?).earliest()
            }
        };
        tags.filter_map(began).max().filter(|began| !self.is_over(*began, now))
    }
}

impl RotatingFile {
    /// Opens the file of now.
    pub fn open(rotation: Rotation, now: DateTime<Local>) -> io::Result<Self> {
        let began = rotation.latest(now).unwrap_or(now);
        Self::begin(rotation, began)
    }

    fn begin(rotation: Rotation, began: DateTime<Local>) -> io::Result<Self> {
        let path = rotation.path(began);
        let opened = OpenOptions::new().append(true).create(true).mode(0o640).open(&path);
        let file = opened.map_err(|error| {
            let reason = format!("cannot open file:{} reason: {error}", path.display());
            io::Error::new(error.kind(), reason)
        })?;
        log::event!(LEGAL_LOG_STORE_OPENED, file = path.display());
        Ok(Self { rotation, path, file, began })
    }

    /// Appends lines.
    pub fn append(&mut self, lines: &[u8], now: DateTime<Local>) -> io::Result<()> {
        if self.rotation.count > 0 && self.rotation.is_over(self.began, now) {
            let (next, before) = (Self::begin(self.rotation.clone(), now)?, self.path.clone());
            *self = next;
            self.rotation.prerotate.iter().for_each(|script| call(script, &before));
            self.rotation.postrotate.iter().for_each(|script| call(script, &self.path));
        }
        self.file.write_all(lines).map_err(|error| {
            io::Error::new(error.kind(), format!("error writing to file:{} reason: {error}", self.path.display()))
        })
    }
}

impl Drop for RotatingFile {
    fn drop(&mut self) {
        log::event!(LEGAL_LOG_STORE_CLOSED, file = self.path.display());
    }
}

/// Calls a script with the name of a file. Nobody waits for it.
fn call(script: &Path, file: &Path) {
    let called = Command::new(script).arg(file).env_clear().stdin(Stdio::null()).spawn();
    if let Ok(mut child) = called {
        // Rotations are rare.
        let _ = std::thread::Builder::new().name("rotated".into()).spawn(move || child.wait());
    }
}

/// The time in front of a line.
#[derive(Clone, Debug)]
pub struct Timestamp(String);

impl Timestamp {
    /// By a format as for strftime.
    pub fn new(format: &str) -> Result<Self, String> {
        let timestamp = Self(format.to_owned());
        match StrftimeItems::new(&timestamp.filled(Local::now())).any(|item| item == Item::Error) {
            true => Err(format!("'{format}' is no format of a time")),
            false => Ok(timestamp),
        }
    }

    /// `%Q`, and names of zones as far as they are known.
    fn filled(&self, now: DateTime<Local>) -> String {
        let (micros, zone) = (now.timestamp_subsec_micros(), now.offset().local_minus_utc());
        let (mut format, mut rest) = (String::new(), self.0.chars());
        while let Some(char) = rest.next() {
            match (char, (char == '%').then(|| rest.next()).flatten()) {
                ('%', Some('Q')) => format.push_str(&format!("{:03}.{:03}", micros / 1000, micros % 1000)),
                ('%', Some('Z')) if zone == 0 => format.push_str("UTC"),
                ('%', Some(other)) => format.extend(['%', other]),
                (other, _) => format.push(other),
            }
        }
        format
    }

    /// The text for a time.
    pub fn text(&self, now: DateTime<Local>) -> String {
        now.format(&self.filled(now)).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Local> {
        let time = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
        Local.from_local_datetime(&time).unwrap()
    }

    #[test]
    fn files_begin_when_their_time_has_come() {
        let folder = std::env::temp_dir().join(format!("takahe-legal-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let rotation = |unit, count| Rotation {
            folder: folder.clone(),
            base_name: "kea-legal".to_owned(),
            unit,
            count,
            prerotate: None,
            postrotate: None,
        };
        let start = at("2026-01-30 23:00:00");
        let mut file = RotatingFile::open(rotation(LegalLogUnit::Day, 2), start).unwrap();
        file.append(b"one\n", start).unwrap();
        file.append(b"two\n", at("2026-01-31 12:00:00")).unwrap();
        file.append(b"three\n", at("2026-02-01 00:00:01")).unwrap();
        // A server that starts again writes on.
        let mut file = RotatingFile::open(rotation(LegalLogUnit::Day, 2), at("2026-02-02 10:00:00")).unwrap();
        file.append(b"four\n", at("2026-02-02 10:00:00")).unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert_eq!(
            (read("kea-legal.20260130.txt"), read("kea-legal.20260201.txt")),
            ("one\ntwo\n".into(), "three\nfour\n".into())
        );
        let month = rotation(LegalLogUnit::Month, 1);
        assert!(!month.is_over(at("2026-01-30 00:00:00"), at("2026-02-27 00:00:00")));
        assert!(month.is_over(at("2026-01-30 00:00:00"), at("2026-02-28 00:00:00")));
        let second = rotation(LegalLogUnit::Second, 10);
        assert!(second.is_over(start, at("2026-01-30 23:00:10")) && !second.is_over(start, at("2026-01-30 23:00:09")));
        assert_eq!(
            second.path(Local.timestamp_opt(7, 0).unwrap()).file_name().unwrap(),
            "kea-legal.T00000000000000000007.txt"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn times_are_as_strftime_says() {
        assert!(Timestamp::new("%Y-%!").is_err());
        let time = at("2026-01-30 23:00:00");
        assert_eq!(Timestamp::new("%H%t%w %F%%").unwrap().text(time), "23\t5 2026-01-30%");
        assert_eq!(Timestamp::new("%S.%Q").unwrap().text(time), "00.000.000");
    }
}
