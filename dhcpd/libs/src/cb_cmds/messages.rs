//! What `libdhcp_cb_cmds.so` says, under Kea's identifiers.

log::messages! {
    /// The library is loaded.
    CB_CMDS_INIT_OK: Info, "cb-cmds-hooks", "loading Configuration Backend Commands hooks library successful";
    /// The library is not loaded any more.
    CB_CMDS_DEINIT_OK: Info, "cb-cmds-hooks", "unloading Configuration Backend Commands hooks library successful";
}
