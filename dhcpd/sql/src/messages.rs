//! What databases say, under Kea's identifiers.

log::messages! {
    /// A database was lost in the middle of something.
    DATABASE_MYSQL_FATAL_ERROR: Error, "database", "Unrecoverable MySQL error occurred: unable to execute for <{statement}>, reason: {reason} (error code: {code}).";
    /// A database has no schema, or one that cannot be read.
    DATABASE_MYSQL_INITIAL_CONNECTION_FAIL: Warn, "database", "The connection to the MySQL server is not yet established. Reason: {reason}";
    /// A database has no schema, and is given one.
    DATABASE_MYSQL_INITIALIZE_SCHEMA: Info, "database", "Initializing the MySQL schema with command: {command}.";
    /// A database has no schema, and the program that would make it is not installed beside the server.
    DATABASE_MYSQL_NO_INIT_NO_ADMIN: Warn, "database", "Not attempting to initialize the MySQL schema. kea-admin seems to be missing.";
    /// A database has no schema, and may not be written.
    DATABASE_MYSQL_NO_INIT_READONLY: Warn, "database", "Not attempting to initialize the MySQL schema. Kea has the database configured as readonly.";
    /// A database was lost in the middle of something.
    DATABASE_PGSQL_FATAL_ERROR: Error, "database", "Unrecoverable PostgreSQL error occurred: Statement: <{statement}>, reason: {reason} (error code: {code}).";
    /// A database has no schema, or one that cannot be read.
    DATABASE_PGSQL_INITIAL_CONNECTION_FAIL: Warn, "database", "The connection to the PostgreSQL server is not yet established. Reason: {reason}";
    /// A database has no schema, and is given one.
    DATABASE_PGSQL_INITIALIZE_SCHEMA: Info, "database", "Initializing the PostgreSQL schema with command: {command}.";
    /// A database has no schema, and the program that would make it is not installed beside the server.
    DATABASE_PGSQL_NO_INIT_NO_ADMIN: Warn, "database", "Not attempting to initialize the PostgreSQL schema. kea-admin seems to be missing.";
    /// A database has no schema, and may not be written.
    DATABASE_PGSQL_NO_INIT_READONLY: Warn, "database", "Not attempting to initialize the PostgreSQL schema. Kea has the database configured as readonly.";
    /// A database of reservations is about to be opened.
    MYSQL_HB_DB: Info, "mysql-hb-hooks", "opening MySQL hosts database: {parameters}";
    /// Commands change no reservations in this database.
    MYSQL_HB_DB_READONLY: Info, "mysql-hb-hooks", "MySQL host database opened for read access only";
    /// A database of reservations is about to be opened.
    PGSQL_HB_DB: Info, "pgsql-hb-hooks", "opening PostgreSQL hosts database: {parameters}";
    /// Commands change no reservations in this database.
    PGSQL_HB_DB_READONLY: Info, "pgsql-hb-hooks", "PostgreSQL host database opened for read access only";
    /// The database cannot take a lease: it is left alone, and its client hears nothing.
    DATABASE_LEASE_REFUSED: Error, "database", "a lease cannot be written into the database: {reason}";
    /// A database of reservations does not say what changed in it; it is asked again a second later.
    DATABASE_HOSTS_LOOK_FAILED: Error, "database", "it is not known which reservations changed: {reason}";
    /// A row of the leases is none; it is left alone.
    DATABASE_LEASE_UNFIT: Error, "database", "a row of the lease database is left out: {reason}";
    /// The database of the forensic log is away; its entries wait.
    LEGAL_LOG_ENTRIES_WAIT: Warn, "legal-log-hooks", "{count} entries wait for the database of the forensic log: {reason}";
    /// Entries of the forensic log were refused by the database, or it was away when the server ended.
    LEGAL_LOG_ENTRIES_LOST: Error, "legal-log-hooks", "{count} entries are not in the database of the forensic log: {reason}";
}
