//! What databases say, under Kea's identifiers.

log::messages! {
    /// A database was lost in the middle of something.
    DATABASE_PGSQL_FATAL_ERROR: Error, "database", "Unrecoverable PostgreSQL error occurred: Statement: <{statement}>, reason: {reason} (error code: {code}).";
    /// A database has no schema, or one that cannot be read.
    DATABASE_PGSQL_INITIAL_CONNECTION_FAIL: Warn, "database", "The connection to the PostgreSQL server is not yet established. Reason: {reason}";
    /// A row of the leases is none; it is left alone.
    DATABASE_LEASE_UNFIT: Error, "database", "a row of the lease database is left out: {reason}";
}
