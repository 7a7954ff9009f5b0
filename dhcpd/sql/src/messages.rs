//! What databases say, under Kea's identifiers.

log::messages! {
    /// A database was lost in the middle of something.
    DATABASE_MYSQL_FATAL_ERROR: Error, "database", "Unrecoverable MySQL error occurred: unable to execute for <{statement}>, reason: {reason} (error code: {code}).";
    /// A database has no schema, or one that cannot be read.
    DATABASE_MYSQL_INITIAL_CONNECTION_FAIL: Warn, "database", "The connection to the MySQL server is not yet established. Reason: {reason}";
    /// A database was lost in the middle of something.
    DATABASE_PGSQL_FATAL_ERROR: Error, "database", "Unrecoverable PostgreSQL error occurred: Statement: <{statement}>, reason: {reason} (error code: {code}).";
    /// A database has no schema, or one that cannot be read.
    DATABASE_PGSQL_INITIAL_CONNECTION_FAIL: Warn, "database", "The connection to the PostgreSQL server is not yet established. Reason: {reason}";
    /// A row of the leases is none; it is left alone.
    DATABASE_LEASE_UNFIT: Error, "database", "a row of the lease database is left out: {reason}";
    /// The database of the forensic log is away; its entries wait.
    LEGAL_LOG_ENTRIES_WAIT: Warn, "legal-log-hooks", "{count} entries wait for the database of the forensic log: {reason}";
    /// Entries of the forensic log were refused by the database, or it was away when the server ended.
    LEGAL_LOG_ENTRIES_LOST: Error, "legal-log-hooks", "{count} entries are not in the database of the forensic log: {reason}";
}
