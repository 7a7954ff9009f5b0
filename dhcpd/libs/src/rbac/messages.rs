//! What the library says.

log::messages! {
    /// The files that describe commands cannot be read any more: what hangs on them is refused.
    RBAC_API_FILES_ERROR: Error, "rbac-hooks", "failed to read the descriptions of commands: {reason}";
}
