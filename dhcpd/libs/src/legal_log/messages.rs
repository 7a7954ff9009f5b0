//! What the library says, as Kea's does.

log::messages! {
    /// A file is about to be opened.
    LEGAL_LOG_STORE_OPEN: Info, "legal-log-hooks", "opening Legal Log file: {parameters}";
    /// A file was opened.
    LEGAL_LOG_STORE_OPENED: Info, "legal-log-hooks", "Legal store opened: {file}";
    /// A file was closed.
    LEGAL_LOG_STORE_CLOSED: Info, "legal-log-hooks", "Legal store closed: {file}";
    /// The entry of a DHCPv4 lease could not be made or written.
    LEGAL_LOG_LEASE4_WRITE_ERROR: Error, "legal-log-hooks", "Could not write to the legal store: {reason}";
    /// The entry of a DHCPv6 lease could not be made or written.
    LEGAL_LOG_LEASE6_WRITE_ERROR: Error, "legal-log-hooks", "Could not write to the legal store: {reason}";
    /// The entry of a command could not be made or written.
    LEGAL_LOG_COMMAND_WRITE_ERROR: Error, "legal-log-hooks", "Could not write command entry to the legal store: {reason}";
    /// The folder is not the one for forensic logs.
    LEGAL_LOG_PATH_SECURITY_WARNING: Warn, "legal-log-hooks", "Forensic log path specified is NOT SECURE: {reason}";
}
