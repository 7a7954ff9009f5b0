//! What `libdhcp_lease_cmds.so` says, under Kea's identifiers.

log::messages! {
    /// The library is loaded.
    LEASE_CMDS_INIT_OK: Info, "lease-cmds-hooks", "loading Lease Commands hooks library successful";
    /// The library is not loaded any more.
    LEASE_CMDS_DEINIT_OK: Info, "lease-cmds-hooks", "unloading Lease Commands hooks library successful";
    /// A lease was added.
    LEASE_CMDS_ADD4: Debug(20), "lease-cmds-hooks", "lease4-add command successful (address: {address})";
    /// A lease was not added: it is at odds with the configuration or with another lease.
    LEASE_CMDS_ADD4_CONFLICT: Warn, "lease-cmds-hooks", "lease4-add command failed due to conflict (parameters: {parameters}, reason: {reason})";
    /// A lease was not added.
    LEASE_CMDS_ADD4_FAILED: Error, "lease-cmds-hooks", "lease4-add command failed (parameters: {parameters}, reason: {reason})";
    /// A lease was changed.
    LEASE_CMDS_UPDATE4: Debug(20), "lease-cmds-hooks", "lease4-update command successful (address: {address})";
    /// A lease was not changed: it is at odds with the configuration, or not there.
    LEASE_CMDS_UPDATE4_CONFLICT: Warn, "lease-cmds-hooks", "lease4-update command failed due to conflict (parameters: {parameters}, reason: {reason})";
    /// A lease was not changed.
    LEASE_CMDS_UPDATE4_FAILED: Error, "lease-cmds-hooks", "lease4-update command failed (parameters: {parameters}, reason: {reason})";
    /// A lease was deleted.
    LEASE_CMDS_DEL4: Debug(20), "lease-cmds-hooks", "lease4-del command successful (address: {address})";
    /// A lease was not deleted.
    LEASE_CMDS_DEL4_FAILED: Error, "lease-cmds-hooks", "lease4-del command failed (parameters: {parameters}, reason: {reason})";
    /// A lease was not looked for.
    LEASE_CMDS_GET4_FAILED: Error, "lease-cmds-hooks", "lease4-get command failed (parameters: {parameters}, reason: {reason})";
    /// The leases of subnets were deleted.
    LEASE_CMDS_WIPE4: Info, "lease-cmds-hooks", "lease4-wipe command successful (parameters: {parameters})";
    /// The leases of subnets were not deleted.
    LEASE_CMDS_WIPE4_FAILED: Error, "lease-cmds-hooks", "lease4-wipe command failed (parameters: {parameters}, reason: {reason})";
    /// D2 is asked again to update the DNS for a lease.
    LEASE_CMDS_RESEND_DDNS4: Info, "lease-cmds-hooks", "lease4-resend-ddns command successful: {request}";
    /// D2 is not asked again.
    LEASE_CMDS_RESEND_DDNS4_FAILED: Error, "lease-cmds-hooks", "lease4-resend-ddns command failed: {reason}";

    /// A lease was added.
    LEASE_CMDS_ADD6: Debug(20), "lease-cmds-hooks", "lease6-add command successful (address: {address})";
    /// A lease was not added: it is at odds with the configuration or with another lease.
    LEASE_CMDS_ADD6_CONFLICT: Warn, "lease-cmds-hooks", "lease6-add command failed due to conflict (parameters: {parameters}, reason: {reason})";
    /// A lease was not added.
    LEASE_CMDS_ADD6_FAILED: Error, "lease-cmds-hooks", "lease6-add command failed (parameters: {parameters}, reason: {reason})";
    /// A lease was changed.
    LEASE_CMDS_UPDATE6: Debug(20), "lease-cmds-hooks", "lease6-update command successful (address: {address})";
    /// A lease was not changed: it is at odds with the configuration, or not there.
    LEASE_CMDS_UPDATE6_CONFLICT: Warn, "lease-cmds-hooks", "lease6-update command failed due to conflict (parameters: {parameters}, reason: {reason})";
    /// A lease was not changed.
    LEASE_CMDS_UPDATE6_FAILED: Error, "lease-cmds-hooks", "lease6-update command failed (parameters: {parameters}, reason: {reason})";
    /// Leases were changed together.
    LEASE_CMDS_BULK_APPLY6: Debug(20), "lease-cmds-hooks", "lease6-bulk-apply command successful (applied addresses count: {count})";
    /// Leases were not changed together.
    LEASE_CMDS_BULK_APPLY6_FAILED: Error, "lease-cmds-hooks", "lease6-bulk-apply command failed (parameters: {parameters}, reason: {reason})";
    /// A lease was deleted.
    LEASE_CMDS_DEL6: Debug(20), "lease-cmds-hooks", "lease6-del command successful (address: {address})";
    /// A lease was not deleted.
    LEASE_CMDS_DEL6_FAILED: Error, "lease-cmds-hooks", "lease6-del command failed (parameters: {parameters}, reason: {reason})";
    /// A lease was not looked for.
    LEASE_CMDS_GET6_FAILED: Error, "lease-cmds-hooks", "lease6-get command failed (parameters: {parameters}, reason: {reason})";
    /// The leases of subnets were deleted.
    LEASE_CMDS_WIPE6: Info, "lease-cmds-hooks", "lease6-wipe command successful (parameters: {parameters})";
    /// The leases of subnets were not deleted.
    LEASE_CMDS_WIPE6_FAILED: Error, "lease-cmds-hooks", "lease6-wipe command failed (parameters: {parameters}, reason: {reason})";
    /// D2 is asked again to update the DNS for a lease.
    LEASE_CMDS_RESEND_DDNS6: Info, "lease-cmds-hooks", "lease6-resend-ddns command successful: {request}";
    /// D2 is not asked again.
    LEASE_CMDS_RESEND_DDNS6_FAILED: Error, "lease-cmds-hooks", "lease6-resend-ddns command failed: {reason}";

    /// With -X a lease file may be written where others can reach it.
    LEASE_CMDS_PATH_SECURITY_WARNING: Warn, "lease-cmds-hooks", "lease file path specified is NOT SECURE: {reason}";
}
