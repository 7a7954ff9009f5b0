//! What kea-lfc says, under Kea's identifiers.

log::messages! {
    /// A cleanup begins.
    LFC_START: Info, "", "Starting lease file cleanup";
    /// The files are about to be read.
    LFC_PROCESSING: Info, "", "Previous file: {previous}, copy file: {copy}";
    /// What was read: rows that are leases, rows in all, rows that are none.
    LFC_READ_STATS: Info, "", "Leases: {leases}, attempts: {attempts}, errors: {errors}.";
    /// What was written.
    LFC_WRITE_STATS: Info, "", "Leases: {leases}, attempts: {attempts}, errors: {errors}.";
    /// The result is about to take the place of the files that were read.
    LFC_ROTATING: Info, "", "LFC rotating files";
    /// The cleanup ends, well or not.
    LFC_TERMINATE: Info, "", "LFC finished processing";
    /// Another cleanup of the same files is under way.
    LFC_RUNNING: Fatal, "", "LFC instance already running";
    /// The PID file cannot be written.
    LFC_FAIL_PID_CREATE: Fatal, "", ": {reason}";
    /// The PID file cannot be removed.
    LFC_FAIL_PID_DEL: Fatal, "", ": {reason}";
    /// The files cannot be read, or the result not written; nothing was changed.
    LFC_FAIL_PROCESS: Fatal, "", ": {reason}";
    /// The result could not take the place of the files that were read; the next cleanup goes on there.
    LFC_FAIL_ROTATE: Fatal, "", ": {reason}";
}
