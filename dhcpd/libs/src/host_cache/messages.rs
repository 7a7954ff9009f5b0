//! What `libdhcp_host_cache.so` says, under Kea's identifiers.

log::messages! {
    /// The library is loaded.
    HOST_CACHE_INIT_OK: Info, "host-cache-hooks", "loading Host Cache hooks library successful";
    /// The library is not loaded any more.
    HOST_CACHE_DEINIT_OK: Info, "host-cache-hooks", "unloading Host Cache hooks library successful";
    /// All entries were removed.
    HOST_CACHE_COMMAND_CLEAR: Info, "host-cache-hooks", "cache-clear command successful";
    /// The oldest entries were removed.
    HOST_CACHE_COMMAND_FLUSH: Info, "host-cache-hooks", "cache-flush command successful";
    /// The command failed.
    HOST_CACHE_COMMAND_FLUSH_FAILED: Error, "host-cache-hooks", "cache-flush command failed (parameters: {parameters}, reason: {reason})";
    /// All entries were shown.
    HOST_CACHE_COMMAND_GET: Info, "host-cache-hooks", "cache-get command successful (returned: {returned})";
    /// The entries of a client were shown.
    HOST_CACHE_COMMAND_GET_BY_ID: Info, "host-cache-hooks", "cache-get-by-id command successful (returned: {returned})";
    /// The command failed.
    HOST_CACHE_COMMAND_GET_BY_ID_FAILED: Error, "host-cache-hooks", "cache-get-by-id command failed (reason: {reason})";
    /// Entries were added, and took the places of others.
    HOST_CACHE_COMMAND_INSERT: Info, "host-cache-hooks", "cache-insert command successful (inserted: {inserted}, overwritten: {overwritten})";
    /// The command failed.
    HOST_CACHE_COMMAND_INSERT_FAILED: Error, "host-cache-hooks", "cache-insert command failed (parameters: {parameters}, reason: {reason})";
    /// The entries of a file were added, and took the places of others.
    HOST_CACHE_COMMAND_LOAD: Info, "host-cache-hooks", "cache-load command successful (loaded: {loaded}, overwritten: {overwritten})";
    /// The command failed.
    HOST_CACHE_COMMAND_LOAD_FAILED: Error, "host-cache-hooks", "cache-load command failed (parameters: {parameters}, reason: {reason})";
    /// An entry was looked for, and removed if it was there.
    HOST_CACHE_COMMAND_REMOVE: Info, "host-cache-hooks", "cache-remove command successful (parameters: {parameters})";
    /// The command failed.
    HOST_CACHE_COMMAND_REMOVE_FAILED: Error, "host-cache-hooks", "cache-remove command failed (parameters: {parameters}, reason: {reason})";
    /// The entries were counted.
    HOST_CACHE_COMMAND_SIZE: Info, "host-cache-hooks", "cache-size command successful: {count}";
    /// All entries were written to a file.
    HOST_CACHE_COMMAND_WRITE: Info, "host-cache-hooks", "cache-write command successful (dumped: {dumped})";
    /// The command failed.
    HOST_CACHE_COMMAND_WRITE_FAILED: Error, "host-cache-hooks", "cache-write command failed (parameters: {parameters}, reason: {reason})";
    /// A file is written outside of the folder for state, which `-X` allows. Kea has no such message.
    HOST_CACHE_PATH_SECURITY_WARNING: Warn, "host-cache-hooks", "cache file path specified is NOT SECURE: {reason}";
    /// An entry decides nothing any more: its options do not fit the new configuration. Kea has no such message.
    HOST_CACHE_UNUSABLE: Warn, "host-cache-hooks", "an entry cannot be used: {reason}";
}
