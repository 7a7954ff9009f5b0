//! The loggers of a configuration with everything they write to, opened beside those in use.

use std::sync::Arc;

use arc_swap::{ArcSwapOption, Guard};
use tracing_core::callsite;

use crate::config::{Destination, Logger, Output, Threshold};
use crate::layout::{self, Layout};
use crate::row::Severity;
use crate::sink::Sink;

/// Loggers ready to be used. Dropping them closes what was opened.
#[derive(Debug)]
pub struct Outputs {
    pub(crate) root: &'static str,
    /// The root logger first, others after the loggers that they inherit from.
    loggers: Vec<Resolved>,
}

/// Why loggers cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputError {
    /// Which of the loggers, from 0.
    pub logger: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// A logger with all that it inherits.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// Below the root logger; empty for the root itself.
    name: String,
    threshold: Threshold,
    pub(crate) outputs: Vec<Opened>,
}

/// An output in use.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) sink: Arc<Sink>,
    pub(crate) layout: Arc<Layout>,
    destination: Destination,
}

impl Outputs {
    /// Opens what these loggers write to, and changes nothing yet. Without any logger: INFO to KEA_LOGGER_DESTINATION or
    /// stdout. `debug` shows everything, whatever the loggers say.
    pub fn open(root: &'static str, debug: bool, loggers: &[Logger]) -> Result<Outputs, OutputError> {
        let mut order: Vec<_> =
            loggers.iter().enumerate().map(|(index, it)| (below(root, &it.name), index, it)).collect();
        order.sort_by_key(|(name, index, _)| (name.len(), *index));
        let mut outputs = Outputs { root, loggers: vec![Resolved::root(debug)] };
        if !order.iter().any(|(name, _, logger)| name.is_empty() && !logger.outputs.is_empty()) {
            // What cannot be written to the place of the environment's choice is better told than lost.
            let opened = outputs.output(&by_default(loggers.is_empty())).or_else(|_| outputs.output(&CONSOLE));
            outputs.loggers[0].outputs.extend(opened);
        }
        for (name, index, logger) in order {
            let mut resolved = outputs.logger(name).clone();
            name.clone_into(&mut resolved.name);
            if let Some(threshold) = logger.threshold.filter(|_| !debug) {
                resolved.threshold = threshold;
            }
            if !logger.outputs.is_empty() {
                let opened = logger.outputs.iter().map(|output| outputs.output(output)).collect::<Result<_, _>>();
                resolved.outputs = opened.map_err(|reason| OutputError { logger: index, reason })?;
            }
            match outputs.loggers.iter_mut().find(|it| it.name == name) {
                Some(named_before) => *named_before = resolved,
                None => outputs.loggers.push(resolved),
            }
        }
        Ok(outputs)
    }

    /// Standard output alone.
    pub fn console(root: &'static str, debug: bool) -> Outputs {
        let mut outputs = Outputs { root, loggers: vec![Resolved::root(debug)] };
        let opened = outputs.output(&CONSOLE);
        outputs.loggers[0].outputs.extend(opened);
        outputs
    }

    /// Makes these the loggers of the process. Lines that other threads have gathered go where they were meant to go.
    pub fn apply(self) {
        crate::flush();
        IN_USE.store(Some(Arc::new(self)));
        callsite::rebuild_interest_cache();
    }

    /// Whether some logger writes to the console.
    pub fn has_console(&self) -> bool {
        let mut all = self.loggers.iter().flat_map(|it| &it.outputs);
        all.any(|it| matches!(it.destination, Destination::Stdout | Destination::Stderr))
    }

    /// Whether a message of this severity is shown by a logger (below the root).
    pub(crate) fn shows(&self, logger: &str, severity: Severity) -> bool {
        let least = match severity {
            Severity::Fatal => Threshold::Fatal,
            Severity::Error => Threshold::Error,
            Severity::Warn => Threshold::Warn,
            Severity::Info => Threshold::Info,
            Severity::Debug(level) => Threshold::Debug(level),
        };
        self.logger(logger).threshold >= least
    }

    /// The logger of this name or the nearest above it.
    pub(crate) fn logger(&self, name: &str) -> &Resolved {
        let above = |it: &&Resolved| {
            it.name.is_empty()
                || name.strip_prefix(&it.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        // There is always the root.
        self.loggers.iter().rev().find(above).unwrap_or(&self.loggers[0])
    }

    /// An output with this destination that is open already, or a new one: a file is never open twice.
    fn output(&self, output: &Output) -> Result<Opened, String> {
        let mut open = self.loggers.iter().flat_map(|it| &it.outputs);
        let sink = match open.find(|it| it.destination == output.destination) {
            Some(opened) => opened.sink.clone(),
            None => Arc::new(Sink::open(&output.destination, self.root)?),
        };
        Ok(Opened { sink, layout: Arc::new(compile(output)?), destination: output.destination.clone() })
    }
}

impl Resolved {
    fn root(debug: bool) -> Resolved {
        let threshold = if debug { Threshold::Debug(99) } else { Threshold::Info };
        Resolved { name: String::new(), threshold, outputs: Vec::new() }
    }
}

fn compile(output: &Output) -> Result<Layout, String> {
    Layout::compile(match (&output.destination, output.pattern.as_str()) {
        (Destination::Syslog(_), "") => layout::SYSLOG,
        (_, "") => layout::STANDARD,
        (_, pattern) => pattern,
    })
    .map_err(|reason| format!("pattern {:?}: {reason}", output.pattern))
}

/// Where messages go while nobody has said where.
fn by_default(nothing_configured: bool) -> Output {
    let destination = std::env::var("KEA_LOGGER_DESTINATION").ok().filter(|_| nothing_configured);
    Output { destination: Destination::parse(destination.as_deref().unwrap_or("stdout")), pattern: String::new() }
}

/// Standard output in Kea's layout; can always be opened.
const CONSOLE: Output = Output { destination: Destination::Stdout, pattern: String::new() };

/// The name below the root logger.
fn below<'a>(root: &str, name: &'a str) -> &'a str {
    match name.strip_prefix(root) {
        Some("") => "",
        Some(rest) => rest.strip_prefix('.').unwrap_or(name),
        None => name,
    }
}

/// The loggers of the process.
static IN_USE: ArcSwapOption<Outputs> = ArcSwapOption::const_empty();

/// The loggers of the process; none before they are started.
pub(crate) fn in_use() -> Guard<Option<Arc<Outputs>>> {
    IN_USE.load()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logger(name: &str, threshold: Option<Threshold>, outputs: &[&str]) -> Logger {
        let outputs = outputs.iter().map(|it| Output { destination: Destination::parse(it), pattern: String::new() });
        Logger { name: name.to_owned(), threshold, outputs: outputs.collect() }
    }

    fn open(loggers: &[Logger]) -> Outputs {
        Outputs::open("kea-dhcp4", false, loggers).unwrap_or_else(|error| panic!("{error:?}"))
    }

    fn destinations(outputs: &Outputs, name: &str) -> Vec<Destination> {
        outputs.logger(name).outputs.iter().map(|it| it.destination.clone()).collect()
    }

    #[test]
    fn loggers_inherit_what_they_do_not_say() {
        let outputs = open(&[
            logger("kea-dhcp4.leases", Some(Threshold::Debug(50)), &[]),
            logger("kea-dhcp4.packets", None, &["stdout"]),
            logger("kea-dhcp4", Some(Threshold::Warn), &["stderr"]),
        ]);
        assert!(outputs.shows("leases", Severity::Debug(50)) && !outputs.shows("leases", Severity::Debug(51)));
        assert!(outputs.shows("leases.deeper", Severity::Debug(50)) && !outputs.shows("leasesnot", Severity::Info));
        assert!(outputs.shows("packets", Severity::Warn) && !outputs.shows("packets", Severity::Info));
        assert!(outputs.shows("", Severity::Fatal) && !outputs.shows("dhcp4", Severity::Info));
        assert_eq!(destinations(&outputs, "leases"), [Destination::Stderr]);
        assert_eq!(destinations(&outputs, "packets"), [Destination::Stdout]);
    }

    #[test]
    fn the_root_has_defaults_of_its_own() {
        let outputs = open(&[logger("leases", Some(Threshold::None), &[])]);
        assert!(outputs.shows("dhcp4", Severity::Info) && !outputs.shows("dhcp4", Severity::Debug(0)));
        assert!(!outputs.shows("leases", Severity::Fatal));
        assert_eq!(destinations(&outputs, "leases"), [Destination::Stdout]);
        assert!(outputs.has_console());
    }

    #[test]
    fn debug_overrides_every_logger() -> Result<(), OutputError> {
        let outputs = Outputs::open("kea-dhcp4", true, &[logger("leases", Some(Threshold::None), &["stderr"])])?;
        assert!(outputs.shows("leases", Severity::Debug(99)) && outputs.shows("", Severity::Debug(99)));
        Ok(())
    }

    #[test]
    fn an_error_names_the_logger() {
        let loggers = [logger("kea-dhcp4", None, &["stdout"]), logger("leases", None, &["/nonexistent/folder/file"])];
        let error = Outputs::open("kea-dhcp4", false, &loggers).err();
        assert!(error.is_some_and(|it| it.logger == 1 && it.reason.contains("/nonexistent/folder/file")));
    }
}
