//! What the lease store says, under Kea's identifiers.

log::messages! {
    /// The lease store is being opened.
    DHCPSRV_MEMFILE_DB: Info, "dhcpsrv", "opening memory file lease database: {parameters}";
    /// Persistence is switched off.
    DHCPSRV_MEMFILE_NO_STORAGE: Warn, "dhcpsrv", "running in non-persistent mode, leases will be lost after restart";
    /// A lease file is about to be read.
    DHCPSRV_MEMFILE_LEASE_FILE_LOAD: Info, "dhcpsrv", "loading leases from file {file}";
    /// A row of a lease file is not a lease. Rows are counted from 1, without the header and blank lines.
    DHCPSRV_MEMFILE_LEASE_LOAD_ROW_ERROR: Error, "dhcpsrv", "discarding row {row}, error: {reason}";
    /// The hardware address of a row cannot be read; the lease is kept without it.
    DHCPSRV_MEMFILE_READ_HWADDR_FAIL: Warn, "dhcpsrv", "failed to read hardware address from lease file: {reason}";
    /// A file with fewer columns than today's was read; the next cleanup writes it anew.
    DHCPSRV_MEMFILE_NEEDS_UPGRADING: Warn, "dhcpsrv", "version of lease file: {file} schema is earlier than version {version}";
    /// A file with more columns than known was read; they are dropped.
    DHCPSRV_MEMFILE_NEEDS_DOWNGRADING: Warn, "dhcpsrv", "version of lease file: {file} schema is later than version {version}";
    /// A cleanup begins: the lease file is to be written anew without its history.
    DHCPSRV_MEMFILE_LFC_START: Info, "dhcpsrv", "starting Lease File Cleanup";
    /// The files of the cleanup are being written.
    DHCPSRV_MEMFILE_LFC_EXECUTE: Info, "dhcpsrv", "executing Lease File Cleanup using: {files}";
    /// Another cleanup has not ended yet.
    DHCPSRV_MEMFILE_LFC_RUNNING: Info, "dhcpsrv", "Lease File Cleanup instance already running";
    /// The PID file of the cleanup cannot be written.
    DHCPSRV_MEMFILE_LFC_FAIL_PID_CREATE: Error, "dhcpsrv", "Lease File Cleanup pid file create: {reason}";
    /// The lease file could not be put aside; no cleanup takes place.
    DHCPSRV_MEMFILE_LFC_LEASE_FILE_RENAME_FAIL: Error, "dhcpsrv", "failed to rename the current lease file {from} to {to}, reason: {reason}";
    /// No new lease file could be made; the old one is put back and leases go on to be written there.
    DHCPSRV_MEMFILE_LFC_LEASE_FILE_REOPEN_FAIL: Error, "dhcpsrv", "failed to reopen lease file {file} after preparing input file for lease file cleanup, reason: {reason}";
    /// The cleanup is done.
    LFC_WRITE_STATS: Info, "dhcpsrv", "Leases: {leases}, attempts: {attempts}, errors: {errors}.";
    /// The cleanup could not write its files.
    LFC_FAIL_PROCESS: Error, "dhcpsrv", ": {reason}";
    /// The cleanup could not put its files in place.
    LFC_FAIL_ROTATE: Error, "dhcpsrv", ": {reason}";
    /// Rows could not be made durable; they are kept and tried again with the next batch.
    DHCPSRV_MEMFILE_WRITE_FAIL: Error, "dhcpsrv", "failed to write leases: {reason}";
    /// Leases could not be written to the database; what it has is read again when it is back.
    DHCPSRV_LEASES_NOT_WRITTEN: Error, "dhcpsrv", "failed to write leases to the database: {reason}";
    /// Another server was faster: the answers that rest on these leases are not sent, and the clients ask again.
    DHCPSRV_LEASES_CHANGED_ELSEWHERE: Info, "dhcpsrv", "{count} leases were changed in the database meanwhile by another server";

    /// A lease is being looked for by its address.
    DHCPSRV_MEMFILE_GET_ADDR4: Debug(50), "dhcpsrv", "obtaining IPv4 lease for address {address}";
    /// The leases of a client identifier are being looked for.
    DHCPSRV_MEMFILE_GET_CLIENTID: Debug(50), "dhcpsrv", "obtaining IPv4 leases for client ID {client_id}";
    /// The leases of a hardware address are being looked for.
    DHCPSRV_MEMFILE_GET_HWADDR4: Debug(50), "dhcpsrv", "obtaining IPv4 leases for hardware address {hw_addr}";
    /// Leases that are to be reclaimed are being looked for.
    DHCPSRV_MEMFILE_GET_EXPIRED4: Debug(50), "dhcpsrv", "obtaining maximum {limit} of expired IPv4 leases";
    /// A new lease.
    DHCPSRV_MEMFILE_ADD_ADDR4: Debug(50), "dhcpsrv", "adding IPv4 lease with address {address}";
    /// A lease changes.
    DHCPSRV_MEMFILE_UPDATE_ADDR4: Debug(50), "dhcpsrv", "updating IPv4 lease for address {address}";
    /// A lease is forgotten.
    DHCPSRV_MEMFILE_DELETE_ADDR4: Debug(50), "dhcpsrv", "deleting lease for address {address}";

    /// A lease is being looked for by its address or prefix.
    DHCPSRV_MEMFILE_GET_ADDR6: Debug(50), "dhcpsrv", "obtaining IPv6 lease for address {address} and lease type {lease_type}";
    /// The leases of an identity association are being looked for.
    DHCPSRV_MEMFILE_GET_IAID_DUID: Debug(50), "dhcpsrv", "obtaining IPv6 leases for IAID {iaid} and DUID {duid} and lease type {lease_type}";
    /// The leases of a client are being looked for.
    DHCPSRV_MEMFILE_GET6_DUID: Debug(50), "dhcpsrv", "obtaining IPv6 leases for DUID {duid}";
    /// Leases that are to be reclaimed are being looked for.
    DHCPSRV_MEMFILE_GET_EXPIRED6: Debug(50), "dhcpsrv", "obtaining maximum {limit} of expired IPv6 leases";
    /// A new lease.
    DHCPSRV_MEMFILE_ADD_ADDR6: Debug(50), "dhcpsrv", "adding IPv6 lease with address {address}";
    /// A lease changes.
    DHCPSRV_MEMFILE_UPDATE_ADDR6: Debug(50), "dhcpsrv", "updating IPv6 lease for address {address}";
    /// A lease is forgotten.
    DHCPSRV_MEMFILE_DELETE_ADDR6: Debug(50), "dhcpsrv", "deleting lease for address {address}";
    /// Leases that were reclaimed long enough ago are forgotten.
    DHCPSRV_MEMFILE_DELETE_EXPIRED_RECLAIMED_START: Debug(50), "dhcpsrv", "starting deletion of {leases} expired-reclaimed leases";
}
