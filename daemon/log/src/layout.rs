//! The form of a line: a pattern of log4cplus, compiled.

use std::cell::RefCell;
use std::fmt::Write;
use std::sync::LazyLock;
use std::time::Instant;
use std::{env, fs};

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, Local, Utc};
use serde_json::{Map, Value, json};
use tracing_core::Metadata;

/// Kea's layout on the console and in files.
pub(crate) const STANDARD: &str = "%D{%Y-%m-%d %H:%M:%S.%q} %-5p [%c/%i.%t] %m\n";

/// Kea's layout for syslog, which adds time and process by itself.
pub(crate) const SYSLOG: &str = "%-5p [%c.%t] %m\n";

/// The conversions, for whoever wrote another one.
const KNOWN: &str = "%D, %d, %p, %c, %m, %i, %t, %T, %h, %H, %r, %E{}, %b, %F, %L, %l, %M, %n, %J and %%";

/// When the program began; [`start`](crate::start) looks at it first.
pub(crate) static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A compiled pattern.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pieces: Vec<Piece>,
}

/// What a message is made of when it is laid out.
pub(crate) struct Message<'a> {
    /// Now.
    pub time: DateTime<Utc>,
    /// `INFO`
    pub severity: &'static str,
    /// The daemon's name.
    pub root: &'a str,
    /// The logger below it; empty for the daemon's own.
    pub logger: &'a str,
    /// Identifier of the message.
    pub id: &'a str,
    /// Its text with the arguments filled in.
    pub text: &'a str,
    /// Names of the arguments and where their values stand in `text`.
    pub arguments: &'a [(&'static str, std::ops::Range<usize>)],
    /// Process.
    pub pid: u32,
    /// Thread.
    pub tid: i32,
    /// The place in the code that emits it.
    pub site: &'a Metadata<'a>,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field, Width),
}

#[derive(Debug, PartialEq, Eq)]
enum Field {
    /// `%D{%Y-%m-%d %H:%M:%S.%q}`, by far the most common, made from what the thread remembers of the last line.
    StandardTime,
    /// `%D{...}` or `%d{...}`: formats of strftime between fractions of a second.
    Time { utc: bool, parts: Vec<TimePart> },
    /// `%p`
    Severity,
    /// `%c`
    Logger,
    /// `%i`
    Process,
    /// `%t` and `%T`
    Thread,
    /// `%m`
    Message,
    /// `%n`
    EndOfLine,
    /// `%r`: milliseconds since the program began.
    Age,
    /// `%F`
    File,
    /// `%b`: without its folder.
    FileName,
    /// `%L`
    Line,
    /// `%l`: file and line.
    Place,
    /// `%M`: the module, which stands for the function.
    Module,
    /// `%h`, `%H`, `%E{...}`: what does not change while the program runs.
    Constant(String),
    /// `%J`: ours.
    Json,
}

#[derive(Debug, PartialEq, Eq)]
enum TimePart {
    Strftime(String),
    /// `%q`: 000 to 999.
    Milliseconds,
    /// `%Q`: 000.000 to 999.999, in milliseconds.
    Fraction,
}

/// `%-5.10p`: padded to at least, cut from the left to at most.
#[derive(Debug, Default, PartialEq, Eq)]
struct Width {
    left: bool,
    least: usize,
    most: Option<usize>,
}

impl Layout {
    /// Compiles a pattern; the reason if a part of it is not known.
    pub(crate) fn compile(pattern: &str) -> Result<Layout, String> {
        let mut pieces = Vec::new();
        let mut rest = pattern;
        while let Some(at) = rest.find('%') {
            push_text(&mut pieces, &rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('%') {
                push_text(&mut pieces, "%");
                rest = after;
                continue;
            }
            let (width, after) = width(rest)?;
            let (field, after) = field(after)?;
            pieces.push(Piece::Field(field, width));
            rest = after;
        }
        push_text(&mut pieces, rest);
        Ok(Layout { pieces })
    }

    /// Appends a message in this form.
    pub(crate) fn write(&self, message: &Message<'_>, line: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => line.push_str(text),
                Piece::Field(field, width) => {
                    let start = line.len();
                    field.write(message, line);
                    width.fit(line, start);
                }
            }
        }
    }
}

impl Field {
    fn write(&self, message: &Message<'_>, line: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self {
            Field::StandardTime => standard_time(message.time, line),
            Field::Time { utc, parts } => parts.iter().try_for_each(|part| part.write(message.time, *utc, line)),
            Field::Severity => line.write_str(message.severity),
            Field::Logger => write_parts(line, message.root, '.', message.logger),
            Field::Process => write!(line, "{}", message.pid),
            Field::Thread => write!(line, "{}", message.tid),
            Field::Message => write_parts(line, message.id, ' ', message.text),
            Field::EndOfLine => line.write_str("\n"),
            Field::Age => write!(line, "{}", BEGIN.elapsed().as_millis()),
            Field::File => line.write_str(message.file()),
            Field::FileName => line.write_str(message.file().rsplit('/').next().unwrap_or_default()),
            Field::Line => write!(line, "{}", message.line()),
            Field::Place => write!(line, "{}:{}", message.file(), message.line()),
            Field::Module => line.write_str(message.site.module_path().unwrap_or_default()),
            Field::Constant(text) => line.write_str(text),
            Field::Json => write!(line, "{}", message.json()),
        };
    }
}

impl Message<'_> {
    fn file(&self) -> &str {
        self.site.file().unwrap_or_default()
    }

    fn line(&self) -> u32 {
        self.site.line().unwrap_or_default()
    }

    fn json(&self) -> Value {
        let arguments = self.arguments.iter().map(|(name, range)| {
            let value = self.text.get(range.clone()).unwrap_or_default();
            ((*name).to_owned(), Value::from(value))
        });
        json!({
            "time": self.time.with_timezone(&Local).to_rfc3339_opts(chrono::SecondsFormat::Micros, false),
            "severity": self.severity,
            "logger": if self.logger.is_empty() { self.root.to_owned() } else { format!("{}.{}", self.root, self.logger) },
            "pid": self.pid,
            "tid": self.tid,
            "id": self.id,
            "text": self.text,
            "arguments": arguments.collect::<Map<_, _>>(),
        })
    }
}

impl TimePart {
    fn write(&self, time: DateTime<Utc>, utc: bool, line: &mut String) -> std::fmt::Result {
        match self {
            TimePart::Strftime(format) if utc => write!(line, "{}", time.format(format)),
            TimePart::Strftime(format) => write!(line, "{}", time.with_timezone(&Local).format(format)),
            TimePart::Milliseconds => write!(line, "{:03}", time.timestamp_subsec_millis()),
            TimePart::Fraction => {
                let micros = time.timestamp_subsec_micros();
                write!(line, "{:03}.{:03}", micros / 1000, micros % 1000)
            }
        }
    }
}

impl Width {
    /// Makes what stands from `start` as wide as it should be.
    fn fit(&self, line: &mut String, start: usize) {
        if *self == Width::default() {
            return;
        }
        let written = line.get(start..).map_or(0, |text| text.chars().count());
        if let Some(most) = self.most.filter(|most| written > *most) {
            let surplus: usize = line[start..].chars().take(written - most).map(char::len_utf8).sum();
            line.replace_range(start..start + surplus, "");
        } else if written < self.least {
            let missing = self.least - written;
            match self.left {
                true => line.extend(std::iter::repeat_n(' ', missing)),
                false => line.insert_str(start, &" ".repeat(missing)),
            }
        }
    }
}

/// Two parts and what separates them; the first alone if the second is empty.
fn write_parts(line: &mut String, first: &str, separator: char, second: &str) -> std::fmt::Result {
    line.push_str(first);
    if !second.is_empty() {
        line.push(separator);
        line.push_str(second);
    }
    Ok(())
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// Reads `-5.10` before a conversion.
fn width(text: &str) -> Result<(Width, &str), String> {
    let (left, text) = text.strip_prefix('-').map_or((false, text), |after| (true, after));
    let (least, text) = number(text)?;
    let (most, text) = match text.strip_prefix('.') {
        Some(after) => number(after).map(|(most, after)| (Some(most), after))?,
        None => (None, text),
    };
    Ok((Width { left, least, most }, text))
}

fn number(text: &str) -> Result<(usize, &str), String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, after) = text.split_at(end);
    match digits {
        "" => Ok((0, after)),
        _ => digits.parse::<u8>().map(|n| (n.into(), after)).map_err(|_| format!("the width {digits} is above 255")),
    }
}

/// Reads a conversion.
fn field(text: &str) -> Result<(Field, &str), String> {
    let mut chars = text.chars();
    let field = match chars.next() {
        Some(letter @ ('D' | 'd')) => return time(letter == 'd', chars.as_str()),
        Some('p') => Field::Severity,
        Some('c') => Field::Logger,
        Some('i') => Field::Process,
        Some('t' | 'T') => Field::Thread,
        Some('m') => Field::Message,
        Some('n') => Field::EndOfLine,
        Some('r') => Field::Age,
        Some('F') => Field::File,
        Some('b') => Field::FileName,
        Some('L') => Field::Line,
        Some('l') => Field::Place,
        Some('M') => Field::Module,
        Some('h') => Field::Constant(hostname()),
        Some('H') => Field::Constant(qualified(hostname())),
        Some('E') => return variable(chars.as_str()),
        Some('J') => Field::Json,
        Some(letter) => {
            return Err(format!("%{letter} is not known; there are {KNOWN}"));
        }
        None => return Err("a conversion is missing after the last %".to_owned()),
    };
    Ok((field, chars.as_str()))
}

/// Reads the name of a variable of the environment; one that is not set is empty.
fn variable(text: &str) -> Result<(Field, &str), String> {
    let named = text.strip_prefix('{').and_then(|after| after.split_once('}'));
    let (name, after) = named.ok_or("the name of a variable is missing after %E, as in %E{PATH}")?;
    let value = env::var_os(name).unwrap_or_default();
    Ok((Field::Constant(value.to_string_lossy().into_owned()), after))
}

fn hostname() -> String {
    nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The name with its domain, as `/etc/hosts` has it; the name itself where that says nothing.
fn qualified(name: String) -> String {
    let hosts = fs::read_to_string("/etc/hosts").unwrap_or_default();
    let names =
        |line: &str| line.split('#').next().unwrap_or_default().split_whitespace().skip(1).map(str::to_owned).collect();
    let lines = hosts.lines().map(names).filter(|names: &Vec<String>| names.contains(&name));
    let full = lines.filter_map(|names| names.into_iter().find(|name| name.contains('.'))).next();
    full.filter(|_| !name.contains('.')).unwrap_or(name)
}

/// Reads the format that follows `%D`, if any.
fn time(utc: bool, text: &str) -> Result<(Field, &str), String> {
    let Some(after) = text.strip_prefix('{') else {
        return Ok((Field::Time { utc, parts: vec![TimePart::Strftime("%Y-%m-%d %H:%M:%S".to_owned())] }, text));
    };
    let (format, after) = after.split_once('}').ok_or("a } is missing after the format of the time")?;
    if !utc && format == "%Y-%m-%d %H:%M:%S.%q" {
        return Ok((Field::StandardTime, after));
    }
    let mut parts = Vec::new();
    let mut strftime = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        let fraction = match (c, chars.as_str().chars().next()) {
            ('%', Some('q')) => TimePart::Milliseconds,
            ('%', Some('Q')) => TimePart::Fraction,
            ('%', Some(letter)) => {
                chars.next();
                strftime.extend(['%', letter]);
                continue;
            }
            _ => {
                strftime.push(c);
                continue;
            }
        };
        chars.next();
        parts.push(TimePart::Strftime(std::mem::take(&mut strftime)));
        parts.push(fraction);
    }
    parts.push(TimePart::Strftime(strftime));
    parts.retain(|part| *part != TimePart::Strftime(String::new()));
    for part in &parts {
        if let TimePart::Strftime(format) = part
            && StrftimeItems::new(format).any(|item| item == Item::Error)
        {
            return Err(format!("{format:?} is no format of a time"));
        }
    }
    Ok((Field::Time { utc, parts }, after))
}

/// `2026-11-21 10:00:00.123` in local time. The text of the second is kept for the lines that follow in it.
fn standard_time(time: DateTime<Utc>, line: &mut String) -> std::fmt::Result {
    thread_local! {
        static LAST: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
    }
    LAST.with_borrow_mut(|(second, text)| {
        if *second != time.timestamp() {
            text.clear();
            write!(text, "{}", time.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S"))?;
            *second = time.timestamp();
        }
        write!(line, "{text}.{:03}", time.timestamp_subsec_millis())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::{Row, Severity};
    use crate::site::Site;
    use tracing_core::field::FieldSet;
    use tracing_core::{Kind, callsite::Identifier};

    static TEST: Row = Row { id: "TEST", severity: Severity::Info, logger: "leases", text: "", doc: "" };

    fn laid_out(pattern: &str) -> String {
        static SITE: Site = Site::new(&TEST, &META);
        static META: Metadata<'static> = Metadata::new(
            "TEST",
            "leases",
            tracing_core::Level::INFO,
            Some("dhcpd/server/src/v4.rs"),
            Some(7),
            Some("dhcpd_server::v4"),
            FieldSet::new(&[], Identifier(&SITE)),
            Kind::EVENT,
        );
        let message = Message {
            time: DateTime::from_timestamp(1_700_000_000, 123_456_000).unwrap_or_default(),
            severity: "INFO",
            root: "kea-dhcp4",
            logger: "leases",
            id: "DHCP4_LEASE_OFFER",
            text: "me: lease 192.0.2.1 will be offered",
            arguments: &[("client", 0..2), ("address", 10..19)],
            pid: 12,
            tid: 13,
            site: &META,
        };
        let mut line = String::new();
        Layout::compile(pattern).unwrap_or_else(|reason| panic!("{reason}")).write(&message, &mut line);
        line
    }

    #[test]
    fn standard_lines_are_keas() {
        let line = laid_out(STANDARD);
        let (time, rest) = line.split_at("2023-11-14 22:13:20.123".len());
        assert!(time.starts_with("2023-11-1") && time.ends_with(":20.123"), "{time}");
        assert_eq!(rest, " INFO  [kea-dhcp4.leases/12.13] DHCP4_LEASE_OFFER me: lease 192.0.2.1 will be offered\n");
    }

    #[test]
    fn syslog_lines_leave_time_and_process_out() {
        assert_eq!(
            laid_out(SYSLOG),
            "INFO  [kea-dhcp4.leases.13] DHCP4_LEASE_OFFER me: lease 192.0.2.1 will be offered\n"
        );
    }

    #[test]
    fn patterns_pad_cut_and_format_time() {
        assert_eq!(laid_out("%6p|%-6p|%.2p|%%"), "  INFO|INFO  |FO|%");
        assert_eq!(laid_out("%d{%H:%M:%S,%q %Q}"), "22:13:20,123 123.456");
        assert_eq!(laid_out("%d"), "2023-11-14 22:13:20");
    }

    #[test]
    fn patterns_tell_the_place_in_the_code_and_the_machine() {
        assert_eq!(
            laid_out("%F|%L|%l|%b|%M"),
            "dhcpd/server/src/v4.rs|7|dhcpd/server/src/v4.rs:7|v4.rs|dhcpd_server::v4"
        );
        assert_eq!(laid_out("%h %E{PATH}"), format!("{} {}", hostname(), env::var("PATH").unwrap_or_default()));
        assert!(laid_out("%H").starts_with(&hostname()), "{}", laid_out("%H"));
        assert_eq!(laid_out("%T %12i|%E{TAKAHE_NOT_SET}|"), "13           12||");
        assert!(laid_out("%r").parse::<u32>().is_ok());
    }

    #[test]
    fn json_lines_hold_the_arguments_by_name() {
        let line: Value = serde_json::from_str(&laid_out("%J\n")).unwrap_or_default();
        assert_eq!(line["id"], "DHCP4_LEASE_OFFER");
        assert_eq!(line["logger"], "kea-dhcp4.leases");
        assert_eq!(line["arguments"], json!({ "client": "me", "address": "192.0.2.1" }));
    }

    #[test]
    fn what_is_not_supported_is_refused_by_name() {
        for pattern in ["%x", "%", "%-5", "%E", "%E{PATH", "%D{%Y", "%D{%!}", "%999p"] {
            assert!(Layout::compile(pattern).is_err(), "{pattern}");
        }
        assert!(Layout::compile("%x").is_err_and(|reason| reason.contains("%x")));
    }
}
