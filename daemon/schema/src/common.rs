//! Scopes that every daemon has: loggers and control sockets.

mod sockets;

pub use sockets::{Authentication, AuthenticationType, ControlSocket, Credentials, HttpHeader, SocketType};

use crate::{Annotations, At, Given, Scope, Word};

/// A logger: which messages are written, and where to.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct Logger {
    /// Name of the logger: the daemon's own (`kea-dhcp4`), or one below it (`kea-dhcp4.leases`).
    #[param(required)]
    pub name: Given<String>,
    /// Messages of lesser severity are not written.
    #[param(default = "INFO")]
    pub severity: Given<Severity>,
    /// How much detail the severity DEBUG gives, 0 to 99.
    #[param(key = "debuglevel", range = 0..=99, default = 0)]
    pub debug_level: Given<u8>,
    /// Where the messages go; each output gets them all.
    #[param(alias = "output_options", filled, yang = "output-option")]
    pub output_options: Vec<At<LogOutput>>,
    /// Remarks of the operator.
    #[param(flatten)]
    pub annotations: Annotations,
}

/// Severity of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Word)]
#[any_case]
pub enum Severity {
    /// For those who look into the program.
    #[word("DEBUG")]
    Debug,
    /// What happens.
    #[word("INFO")]
    Info,
    /// What may become a problem.
    #[word("WARN")]
    Warn,
    /// What failed; the daemon goes on.
    #[word("ERROR")]
    Error,
    /// What stops the daemon.
    #[word("FATAL")]
    Fatal,
    /// Nothing at all.
    #[word("NONE")]
    None,
}

/// An output of a logger.
#[derive(Clone, Debug, Default, PartialEq, Scope)]
pub struct LogOutput {
    /// `stdout`, `stderr`, `syslog`, `syslog:FACILITY`, or the name of a file.
    #[param(required)]
    pub output: Given<String>,
    /// Size in bytes at which a file is put aside and a new one begun; below 204800 a file grows without limit.
    #[param(key = "maxsize", default = 10240000)]
    pub max_size: Given<u32>,
    /// Number of files put aside that are kept.
    #[param(key = "maxver", default = 1)]
    pub max_versions: Given<u32>,
    /// Whether the file is flushed after each message.
    #[param(default = true)]
    pub flush: Given<bool>,
    /// Layout of the lines; empty for the usual one.
    #[param(default = "")]
    pub pattern: Given<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConfigError, Scope, json};

    #[derive(Clone, Debug, Default, PartialEq, Scope)]
    struct Daemon {
        /// Loggers.
        #[param(yang = "logger")]
        loggers: Vec<At<Logger>>,
        /// Sockets.
        control_sockets: Vec<At<ControlSocket>>,
    }

    fn read(text: &str) -> Result<Daemon, Vec<ConfigError>> {
        let document = json::parse("<string>", text, &mut json::no_includes).map_err(|error| vec![error])?;
        crate::read(&document)
    }

    #[test]
    fn loggers_have_defaults_and_the_older_spelling() {
        let text = r#"{"loggers": [{"name": "kea-dhcp4", "severity": "info", "output_options": [{"output": "stdout"}], "comment": "c"}]}"#;
        let mut daemon = read(text).expect("a good configuration");
        let logger = &daemon.loggers[0].value;
        assert_eq!(logger.severity(), Severity::Info);
        assert_eq!(logger.output_options[0].max_size(), 10_240_000);
        assert_eq!(Scope::write(&daemon)["loggers"][0]["output-options"][0]["output"], "stdout");
        Scope::fill(&mut daemon);
        assert_eq!(Scope::write(&daemon)["loggers"][0]["severity"], "INFO");
    }

    #[test]
    fn every_mistake_is_told_with_position_and_path() {
        let text =
            "{\n \"loggers\": [\n  { \"severty\": \"INFO\",\n    \"debuglevel\": 100 } ],\n \"control-sockets\": {} }";
        let told: Vec<String> = read(text).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "<string>:3:3: loggers[0]: `name` is missing",
                "<string>:3:5: loggers[0]/severty: `severty` is not supported here; did you mean `severity`?",
                "<string>:4:19: loggers[0]/debuglevel: must be a whole number from 0 to 99, not 100",
                "<string>:5:21: control-sockets: must be a list, not a map",
            ]
        );
    }

    #[test]
    fn a_value_has_one_spelling() {
        let text =
            r#"{"loggers": [{"name": "a", "output-options": [{"output": "x"}], "output_options": [{"output": "y"}]}]}"#;
        let errors = read(text).unwrap_err();
        assert_eq!(errors[0].path, "loggers[0]/output_options");
    }
}
