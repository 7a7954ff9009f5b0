//! A say in who may give which commands over HTTP.

use std::net::IpAddr;

/// Who sends a command, as far as that is known.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// From where.
    pub address: IpAddr,
    /// Over TLS.
    pub secure: bool,
    /// The user who was authorized by a password; empty if nobody was asked for one.
    pub user: &'a str,
    /// Common name of the subject of the certificate that was shown; empty if there is none.
    pub subject: &'a str,
    /// Common name of its issuer; likewise.
    pub issuer: &'a str,
}

/// Decides who may give which commands over HTTP.
pub trait Guard {
    /// Whether commands may come this way at all; otherwise the sender is unauthorized.
    fn hears(&self, sender: &Sender<'_>) -> bool;

    /// Whether the sender may give this command; otherwise it is forbidden.
    fn admits(&self, sender: &Sender<'_>, command: &str) -> bool;

    /// Whether `list-commands` names this command to the sender.
    fn names(&self, sender: &Sender<'_>, command: &str) -> bool;
}
