//! A message: its identifier, severity, logger and text, declared once.

use tracing_core::Level;

/// How grave a message is, gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The daemon cannot go on.
    Fatal,
    /// Something failed.
    Error,
    /// Something is not as it should be, and the daemon goes on.
    Warn,
    /// What an operator wants to know.
    Info,
    /// For whoever looks for a fault: shown at this debug level (0 to 99) and above.
    Debug(u8),
}

/// One message of the catalogue.
#[derive(Debug)]
pub struct Row {
    /// Identifier, as in Kea where Kea has the message (`DHCP4_LEASE_OFFER`).
    pub id: &'static str,
    /// Severity, with the debug level.
    pub severity: Severity,
    /// Logger below the daemon's own (`leases`), empty for the daemon's own.
    pub logger: &'static str,
    /// Text with the arguments' names in braces, in the order of Kea's arguments.
    pub text: &'static str,
    /// What it means and what to do about it, for the manual; may be empty.
    pub doc: &'static str,
}

impl Severity {
    /// The level of `tracing` that stands for it; fatal has none of its own.
    pub const fn level(self) -> Level {
        match self {
            Severity::Fatal | Severity::Error => Level::ERROR,
            Severity::Warn => Level::WARN,
            Severity::Info => Level::INFO,
            Severity::Debug(_) => Level::DEBUG,
        }
    }

    /// As it is written in a line.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Fatal => "FATAL",
            Severity::Error => "ERROR",
            Severity::Warn => "WARN",
            Severity::Info => "INFO",
            Severity::Debug(_) => "DEBUG",
        }
    }
}

/// A part of a message's text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// To be written as it stands.
    Text(&'a str),
    /// The argument of this place, from 0.
    Argument,
}

/// The next part of a text, and what follows it.
pub(crate) fn next_part(text: &str) -> Option<(Part<'_>, &str)> {
    match text.find(['{', '}']) {
        _ if text.is_empty() => None,
        None => Some((Part::Text(text), "")),
        Some(0) => text.find('}').map(|end| (Part::Argument, &text[end + 1..])),
        Some(start) => Some((Part::Text(&text[..start]), &text[start..])),
    }
}

/// More arguments than any message has.
pub(crate) const MOST_ARGUMENTS: usize = 16;

/// Whether the names in braces in `text` are `names`, in this order. Runs at compile time, for [`event!`].
#[doc(hidden)]
pub const fn names_match(text: &str, names: &[&str]) -> bool {
    let text = text.as_bytes();
    let (mut at, mut argument) = (0, 0);
    while at < text.len() {
        if text[at] == b'{' {
            if argument == names.len() {
                return false;
            }
            let name = names[argument].as_bytes();
            let mut of_name = 0;
            at += 1;
            while at < text.len() && text[at] != b'}' {
                if of_name == name.len() || name[of_name] != text[at] {
                    return false;
                }
                of_name += 1;
                at += 1;
            }
            if of_name != name.len() {
                return false;
            }
            argument += 1;
        }
        at += 1;
    }
    argument == names.len() && argument <= MOST_ARGUMENTS
}

/// Declares messages, one row each, and `MESSAGES`, the slice of all of them.
///
/// ```
/// use daemon_log as log;
///
/// log::messages! {
///     /// The server offers a lease to a client.
///     DHCP4_LEASE_OFFER: Info, "leases", "{client}: lease {address} will be offered";
///     DHCP4_QUERY_DATA: Debug(55), "packets", "{client}: packet received: {packet}";
/// }
/// # fn main() {
/// # let (client, lease) = ("hwaddr=", std::net::Ipv4Addr::LOCALHOST);
/// log::event!(DHCP4_LEASE_OFFER, client, address = lease);
/// # }
/// ```
#[macro_export]
macro_rules! messages {
    ($($(#[doc = $doc:literal])* $id:ident : $severity:ident $(($level:literal))?, $logger:literal, $text:literal;)*) => {
        $(
            #[doc = concat!("`", $text, "`")]
            pub static $id: $crate::Row = $crate::Row {
                id: stringify!($id),
                severity: $crate::Severity::$severity $(($level))?,
                logger: $logger,
                text: $text,
                doc: concat!($($doc, "\n"),*),
            };
        )*
        /// All messages declared here, in the order of their declaration.
        pub static MESSAGES: &[&$crate::Row] = &[$(&$id),*];
    };
}

/// Whether a message is on, for what is dear to prepare.
#[macro_export]
macro_rules! enabled {
    ($row:path) => {{
        static META: $crate::__private::Metadata<'static> = $crate::__private::Metadata::new(
            $row.id,
            $row.logger,
            $row.severity.level(),
            Some(file!()),
            Some(line!()),
            Some(module_path!()),
            $crate::__private::FieldSet::new(&[], $crate::__private::Identifier(&SITE)),
            $crate::__private::Kind::EVENT,
        );
        static SITE: $crate::__private::Site = $crate::__private::Site::new(&$row, &META);
        SITE.enabled()
    }};
}

/// Emits a message: its row, then its arguments by name in the order of the text. An argument is anything that is
/// `Display`; `address` alone stands for `address = address`. A missing, superfluous or misplaced argument is a compile
/// error. Arguments are evaluated only when the message is on.
#[macro_export]
macro_rules! event {
    ($row:path $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        static META: $crate::__private::Metadata<'static> = $crate::__private::Metadata::new(
            $row.id,
            $row.logger,
            $row.severity.level(),
            Some(file!()),
            Some(line!()),
            Some(module_path!()),
            $crate::__private::FieldSet::new(&[$(stringify!($name)),*], $crate::__private::Identifier(&SITE)),
            $crate::__private::Kind::EVENT,
        );
        static SITE: $crate::__private::Site = $crate::__private::Site::new(&$row, &META);
        const _: () = assert!(
            $crate::__private::names_match($row.text, &[$(stringify!($name)),*]),
            "the arguments are not those of the message's text, in its order",
        );
        if SITE.enabled() {
            SITE.emit(&[$(&$crate::__private::display($crate::event!(@value $name $(= $value)?)) as &dyn $crate::__private::Value),*]);
        }
    }};
    (@value $name:ident = $value:expr) => { &$value };
    (@value $name:ident) => { &$name };
}
