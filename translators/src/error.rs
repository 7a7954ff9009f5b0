//! What cannot be translated, and what is not shown.

use std::fmt;

/// A value that cannot be translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranslateError {
    /// Where it stands: an instance path of the model (`/kea-dhcp4-server:config/subnet4[id='1']/pool[...]`) from
    /// [`to_kea`](crate::to_kea), a path of the JSON (`Dhcp4/subnet4[0]/pools[1]/pool`) from
    /// [`to_yang`](crate::to_yang).
    pub path: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl fmt::Display for TranslateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

impl std::error::Error for TranslateError {}

/// A part of a valid configuration that the model cannot hold. [`to_kea`](crate::to_kea) carries it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Path of the JSON (`Dhcp4/lease-database/password-file`).
    pub path: String,
    /// Why the model cannot hold it.
    pub reason: String,
}
