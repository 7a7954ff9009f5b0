//! What a configuration says about the things every daemon has: loggers and control sockets.

use log::{Destination, Threshold};
use schema::common::{ControlSocket, LogOutput, Logger, Severity};
use schema::json::{Document, Node, Value};
use schema::{At, Problem, Reader, Scope};

use crate::messages::{DCTL_DEPRECATED_OUTPUT_OPTIONS, DCTL_LOG_PATH_SECURITY_WARNING};
use crate::paths;

/// Loggers and control sockets as written.
#[derive(Debug, Default)]
pub(crate) struct Common {
    loggers: Vec<At<Logger>>,
    sockets: Vec<At<ControlSocket>>,
}

impl Common {
    /// Reads them from the daemon's part of a configuration. Mistakes within them are left to the daemon, whose own
    /// parameters they are; a list with a mistake in it is as good as absent here.
    pub(crate) fn read(document: &Document, module: &str) -> Common {
        let Some(part) = document.root.member(module) else { return Common::default() };
        if let Some(Node { value: Value::List(loggers), .. }) = part.member("loggers")
            && loggers.iter().any(|logger| logger.member("output_options").is_some())
        {
            log::event!(DCTL_DEPRECATED_OUTPUT_OPTIONS);
        }
        let sockets = scopes(part.member("control-sockets"));
        Common {
            loggers: scopes(part.member("loggers")),
            sockets: if sockets.is_empty() { scopes(part.member("control-socket")) } else { sockets },
        }
    }

    /// Opens what the loggers write to; changes nothing.
    pub(crate) fn open_outputs(&self, root: &'static str, debug: bool) -> Result<log::Outputs, Problem> {
        let loggers = self.loggers.iter().map(|it| logger(&it.value)).collect::<Result<Vec<_>, _>>()?;
        log::Outputs::open(root, debug, &loggers).map_err(|error| {
            let pos = self.loggers.get(error.logger).map(|it| it.pos).unwrap_or_default();
            Problem::new(pos, error.reason)
        })
    }

    /// The control sockets as written.
    pub(crate) fn sockets(&self) -> &[At<ControlSocket>] {
        &self.sockets
    }
}

/// Reads a list of maps, or a map alone.
fn scopes<S: Scope>(node: Option<&Node>) -> Vec<At<S>> {
    let nodes = match node {
        Some(Node { value: Value::List(nodes), .. }) => nodes.as_slice(),
        Some(node) => std::slice::from_ref(node),
        None => &[],
    };
    let mut reader = Reader::default();
    let scopes = nodes.iter().map(|node| At { value: S::read(&mut reader, node), pos: node.pos }).collect();
    if reader.problems.is_empty() { scopes } else { Vec::new() }
}

fn logger(written: &Logger) -> Result<log::Logger, Problem> {
    let debug_level = written.debug_level.as_ref().map_or(0, |level| level.value);
    let threshold = written.severity.as_ref().map(|severity| match severity.value {
        Severity::Debug => Threshold::Debug(debug_level),
        Severity::Info => Threshold::Info,
        Severity::Warn => Threshold::Warn,
        Severity::Error => Threshold::Error,
        Severity::Fatal => Threshold::Fatal,
        Severity::None => Threshold::None,
    });
    Ok(log::Logger {
        name: written.name.as_ref().map(|name| name.value.clone()).unwrap_or_default(),
        threshold,
        outputs: written.output_options.iter().map(|it| output(&it.value)).collect::<Result<_, _>>()?,
    })
}

fn output(written: &LogOutput) -> Result<log::Output, Problem> {
    let Some(output) = &written.output else {
        return Ok(log::Output { destination: Destination::Stdout, pattern: String::new() });
    };
    let mut destination = Destination::parse(&output.value);
    if let Destination::File { path, maxsize, maxver } = &mut destination {
        let confined = paths::LOG.confine(&output.value);
        let confined = confined.map_err(|it| Problem::new(output.pos, format!("invalid path in `output`: {it}")))?;
        if let Some(reason) = confined.warning {
            log::event!(DCTL_LOG_PATH_SECURITY_WARNING, reason);
        }
        *path = confined.path;
        *maxsize = written.max_size().into();
        *maxver = written.max_versions();
    }
    Ok(log::Output { destination, pattern: written.pattern() })
}
