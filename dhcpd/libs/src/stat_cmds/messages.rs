//! What `libdhcp_stat_cmds.so` says, under Kea's identifiers.

log::messages! {
    /// The library is loaded.
    STAT_CMDS_INIT_OK: Info, "stat-cmds-hooks", "loading Stat Commands hooks library successful";
    /// The library is not loaded any more.
    STAT_CMDS_DEINIT_OK: Info, "stat-cmds-hooks", "unloading Stat Commands hooks library successful";
    /// `stat-lease4-get` was answered.
    STAT_CMDS_LEASE4_GET: Info, "stat-cmds-hooks", "stat-lease4-get command successful, parameters: {parameters} rows found: {rows}";
    /// `stat-lease4-get` asked for subnets that are not there.
    STAT_CMDS_LEASE4_GET_NO_SUBNETS: Info, "stat-cmds-hooks", "stat-lease4-get, parameters: {parameters}, {reason}";
    /// The arguments of `stat-lease4-get` are wrong.
    STAT_CMDS_LEASE4_GET_INVALID: Error, "stat-cmds-hooks", "stat-lease4-get command is malformed or invalid, reason: {reason}";
    /// `stat-lease6-get` was answered.
    STAT_CMDS_LEASE6_GET: Info, "stat-cmds-hooks", "stat-lease6-get command successful, parameters: {parameters} rows found: {rows}";
    /// `stat-lease6-get` asked for subnets that are not there.
    STAT_CMDS_LEASE6_GET_NO_SUBNETS: Info, "stat-cmds-hooks", "stat-lease6-get, parameters: {parameters}, {reason}";
    /// The arguments of `stat-lease6-get` are wrong.
    STAT_CMDS_LEASE6_GET_INVALID: Error, "stat-cmds-hooks", "stat-lease6-get command is malformed or invalid, reason: {reason}";
}
