//! What `libdhcp_host_cmds.so` says, under Kea's identifiers.

log::messages! {
    /// The library is loaded.
    HOST_CMDS_INIT_OK: Info, "host-cmds-hooks", "loading Host Commands hooks library successful";
    /// The library is not loaded any more.
    HOST_CMDS_DEINIT_OK: Info, "host-cmds-hooks", "unloading Host Commands hooks library successful";
    /// The command did what it was asked for.
    HOST_CMDS_RESERV_ADD_SUCCESS: Info, "host-cmds-hooks", "reservation-add command success (parameters: {parameters})";
    /// The command failed.
    HOST_CMDS_RESERV_ADD_FAILED: Error, "host-cmds-hooks", "reservation-add command failed (parameters: {parameters}, reason: {reason})";
    /// The command did what it was asked for.
    HOST_CMDS_RESERV_DEL_SUCCESS: Info, "host-cmds-hooks", "reservation-del command success (parameters: {parameters})";
    /// The command failed.
    HOST_CMDS_RESERV_DEL_FAILED: Error, "host-cmds-hooks", "reservation-del command failed (parameters: {parameters}, reason: {reason})";
    /// The command did what it was asked for.
    HOST_CMDS_RESERV_UPDATE_SUCCESS: Info, "host-cmds-hooks", "reservation-update command success (parameters: {parameters})";
    /// The command failed.
    HOST_CMDS_RESERV_UPDATE_FAILED: Error, "host-cmds-hooks", "reservation-update command failed (parameters: {parameters}, reason: {reason})";
    /// The command did what it was asked for.
    HOST_CMDS_RESERV_GET_SUCCESS: Info, "host-cmds-hooks", "reservation-get command success (parameters: {parameters})";
    /// The command failed.
    HOST_CMDS_RESERV_GET_FAILED: Error, "host-cmds-hooks", "reservation-get command failed (parameters: {parameters}, reason: {reason})";
    /// The command did what it was asked for.
    HOST_CMDS_RESERV_GET_ALL_SUCCESS: Info, "host-cmds-hooks", "reservation-get-all command success (parameters: {parameters})";
    /// The command failed.
    HOST_CMDS_RESERV_GET_ALL_FAILED: Error, "host-cmds-hooks", "reservation-get-all command failed (parameters: {parameters}, reason: {reason})";
    /// The command did what it was asked for.
    HOST_CMDS_RESERV_GET_PAGE_SUCCESS: Info, "host-cmds-hooks", "reservation-get-page command success (parameters: {parameters})";
    /// The command failed.
    HOST_CMDS_RESERV_GET_PAGE_FAILED: Error, "host-cmds-hooks", "reservation-get-page command failed (parameters: {parameters}, reason: {reason})";
    /// The command did what it was asked for.
    HOST_CMDS_RESERV_GET_BY_ADDRESS_SUCCESS: Info, "host-cmds-hooks", "reservation-get-by-address command success (parameters: {parameters})";
    /// The command failed.
    HOST_CMDS_RESERV_GET_BY_ADDRESS_FAILED: Error, "host-cmds-hooks", "reservation-get-by-address command failed (parameters: {parameters}, reason: {reason})";
    /// The command did what it was asked for.
    HOST_CMDS_RESERV_GET_BY_HOSTNAME_SUCCESS: Info, "host-cmds-hooks", "reservation-get-by-hostname command success (parameters: {parameters})";
    /// The command failed.
    HOST_CMDS_RESERV_GET_BY_HOSTNAME_FAILED: Error, "host-cmds-hooks", "reservation-get-by-hostname command failed (parameters: {parameters}, reason: {reason})";
    /// The command did what it was asked for.
    HOST_CMDS_RESERV_GET_BY_ID_SUCCESS: Info, "host-cmds-hooks", "reservation-get-by-id command success (parameters: {parameters})";
    /// The command failed.
    HOST_CMDS_RESERV_GET_BY_ID_FAILED: Error, "host-cmds-hooks", "reservation-get-by-id command failed (parameters: {parameters}, reason: {reason})";
}
