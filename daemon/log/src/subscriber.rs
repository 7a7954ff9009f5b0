//! From an event to the lines it becomes.

use std::cell::RefCell;
use std::fmt::{self, Debug, Write};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use chrono::Utc;
use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Interest, Level, LevelFilter, Metadata, Subscriber, dispatcher};

use crate::config::Logger;
use crate::layout::{self, Message};
use crate::outputs::{Outputs, in_use};
use crate::row::{Part, Row, Severity, next_part};
use crate::sink::Sink;
use crate::site;

/// Begins to log: INFO, or everything if `debug`, to KEA_LOGGER_DESTINATION or stdout, until other [`Outputs`] are
/// applied. `root` is the name of the root logger (`kea-dhcp4`).
pub fn start(root: &'static str, debug: bool) -> Result<(), String> {
    LazyLock::force(&layout::BEGIN);
    let none: &[Logger] = &[];
    let outputs = Outputs::open(root, debug, none).map_err(|error| error.reason)?;
    // Whoever starts twice in a process only changes the outputs.
    let _ = dispatcher::set_global_default(dispatcher::Dispatch::new(ToOutputs));
    outputs.apply();
    Ok(())
}

/// Whether messages reach the console.
pub fn on_console() -> bool {
    in_use().as_ref().is_some_and(|outputs| outputs.has_console())
}

/// Opens a batch on this thread: lines gather in its buffer until the guard is dropped or [`flush`] is called.
pub fn batch() -> Batch {
    THREAD.with_borrow_mut(|thread| thread.batches += 1);
    Batch { _on_this_thread: std::marker::PhantomData }
}

/// Writes what this thread has gathered.
pub fn flush() {
    let _ = THREAD.try_with(|thread| {
        if let Ok(mut thread) = thread.try_borrow_mut() {
            thread.flush();
        }
    });
}

/// An open batch; dropping it writes.
#[must_use = "dropping the guard ends the batch"]
#[derive(Debug)]
pub struct Batch {
    _on_this_thread: std::marker::PhantomData<*const ()>,
}

impl Drop for Batch {
    fn drop(&mut self) {
        let _ = THREAD.try_with(|thread| {
            let mut thread = thread.borrow_mut();
            thread.batches -= 1;
            if thread.batches == 0 {
                thread.flush();
            }
        });
    }
}

/// The subscriber: decides by the outputs in use and writes to them. Spans are not shown.
struct ToOutputs;

impl Subscriber for ToOutputs {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let (logger, severity) = belongs(metadata, site::row(metadata));
        metadata.is_event() && in_use().as_ref().is_some_and(|outputs| outputs.shows(logger, severity))
    }

    /// Events of libraries below WARN cost them one load; our own messages do not ask for this hint.
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn event(&self, event: &Event<'_>) {
        let outputs = in_use();
        let Some(outputs) = outputs.as_ref() else { return };
        let _ = THREAD.try_with(|thread| {
            // An argument that logs while it is written is not heard.
            if let Ok(mut thread) = thread.try_borrow_mut() {
                thread.write(event, outputs);
            }
        });
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Logger and severity of an event. One that is not ours comes from a library: its logger is the library's name, and it
/// is not shown below WARN, since libraries call information what to an operator is noise.
fn belongs<'a>(metadata: &'a Metadata<'_>, row: Option<&'static Row>) -> (&'a str, Severity) {
    if let Some(row) = row {
        return (row.logger, row.severity);
    }
    let library = metadata.target().split("::").next().unwrap_or_default();
    match *metadata.level() {
        Level::ERROR => (library, Severity::Error),
        Level::WARN => (library, Severity::Warn),
        _ => (library, Severity::Debug(u8::MAX)),
    }
}

/// What an event of a library is called.
const LIBRARY: &str = "LIBRARY_MESSAGE";

thread_local! {
    static THREAD: RefCell<Thread> = RefCell::new(Thread::new());
}

/// A thread's buffers, used again for every message.
struct Thread {
    pid: u32,
    tid: i32,
    /// How many batches are open inside each other.
    batches: u32,
    /// Lines not written yet.
    pending: Vec<(Arc<Sink>, String)>,
    text: String,
    arguments: Vec<(&'static str, Range<usize>)>,
    line: String,
}

impl Thread {
    fn new() -> Thread {
        Thread {
            pid: std::process::id(),
            tid: nix::unistd::gettid().as_raw(),
            batches: 0,
            pending: Vec::new(),
            text: String::new(),
            arguments: Vec::new(),
            line: String::new(),
        }
    }

    fn write(&mut self, event: &Event<'_>, outputs: &Outputs) {
        self.text.clear();
        self.arguments.clear();
        let row = site::row(event.metadata());
        let (logger, severity) = belongs(event.metadata(), row);
        let id = self.fill(event, row);
        let message = Message {
            time: Utc::now(),
            severity: severity.name(),
            root: outputs.root,
            logger,
            id,
            text: &self.text,
            arguments: &self.arguments,
            pid: self.pid,
            tid: self.tid,
            site: event.metadata(),
        };
        for output in &outputs.logger(logger).outputs {
            self.line.clear();
            output.layout.write(&message, &mut self.line);
            if let Sink::Syslog(syslog) = &*output.sink {
                syslog.send(severity, message.pid, &self.line);
            } else if self.batches == 0 {
                output.sink.write(&self.line);
            } else {
                gather(&mut self.pending, &output.sink, &self.line);
            }
        }
    }

    /// Fills the arguments into the text; answers with the identifier.
    fn fill(&mut self, event: &Event<'_>, row: Option<&'static Row>) -> &'static str {
        let Some(row) = row else {
            event.record(&mut Library { text: &mut self.text });
            return LIBRARY;
        };
        let mut filling = Filling { text: &mut self.text, arguments: &mut self.arguments, rest: row.text };
        event.record(&mut filling);
        filling.advance();
        row.id
    }

    fn flush(&mut self) {
        for (sink, lines) in &mut self.pending {
            if !lines.is_empty() {
                sink.write(lines);
                lines.clear();
            }
        }
        // Those that only we still hold belong to a configuration that is gone.
        self.pending.retain(|(sink, _)| Arc::strong_count(sink) > 1);
    }
}

fn gather(pending: &mut Vec<(Arc<Sink>, String)>, sink: &Arc<Sink>, line: &str) {
    match pending.iter_mut().find(|(known, _)| Arc::ptr_eq(known, sink)) {
        Some((_, lines)) if lines.len() + line.len() > MOST_GATHERED => {
            sink.write(lines);
            lines.clear();
            lines.push_str(line);
        }
        Some((_, lines)) => lines.push_str(line),
        None => pending.push((sink.clone(), line.to_owned())),
    }
}

/// Lines are written when they would exceed this many bytes, batch or not.
const MOST_GATHERED: usize = 64 * 1024;

/// Fills the arguments, which come in the order of the text, into the text of a row.
struct Filling<'a> {
    text: &'a mut String,
    arguments: &'a mut Vec<(&'static str, Range<usize>)>,
    rest: &'static str,
}

impl Filling<'_> {
    /// Copies the text up to and without the next argument.
    fn advance(&mut self) {
        while let Some((part, rest)) = next_part(self.rest) {
            self.rest = rest;
            match part {
                Part::Text(text) => self.text.push_str(text),
                Part::Argument => return,
            }
        }
    }
}

impl Visit for Filling<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.advance();
        let start = self.text.len();
        let _ = write!(Printable(self.text), "{value:?}");
        self.arguments.push((field.name(), start..self.text.len()));
    }
}

/// Writes an event of a library: its message, then its fields by name.
struct Library<'a> {
    text: &'a mut String,
}

impl Visit for Library<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        let _ = match field.name() {
            "message" => write!(Printable(self.text), "{value:?}"),
            name => write!(Printable(self.text), "{name}={value:?}"),
        };
    }
}

/// Keeps what an argument brings from the network from steering a terminal: control characters are written in hex, but
/// for line feed and tab, which packet dumps are laid out with.
struct Printable<'a>(&'a mut String);

impl Write for Printable<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // 0xc2 begins the control characters beyond ASCII, among others. Without an early end the compiler looks at many
        // bytes at once.
        if !text.bytes().fold(false, |found, byte| found | (byte < b' ') | (byte == 0x7f) | (byte == 0xc2)) {
            self.0.push_str(text);
            return Ok(());
        }
        for c in text.chars() {
            match c {
                '\n' | '\t' => self.0.push(c),
                c if c.is_control() => write!(self.0, "\\x{:02x}", u32::from(c))?,
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}
