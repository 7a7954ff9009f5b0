//! What the library says, as Kea's does.

log::messages! {
    /// The library is there.
    PERFMON_INIT_OK: Info, "perfmon-hooks", "loading PerfMon hooks library successful";
    /// The library is not there any more.
    PERFMON_DEINIT_OK: Info, "perfmon-hooks", "unloading PerfMon hooks library successful";
    /// When what happened to a query that is answered.
    PERFMON_DHCP4_PKT_EVENTS: Debug(50), "perfmon-hooks", "query: {query} events=[{events}]";
    /// When what happened to a query that is answered.
    PERFMON_DHCP6_PKT_EVENTS: Debug(50), "perfmon-hooks", "query: {query} events=[{events}]";
    /// A query and its answer are of types that are not monitored.
    PERFMON_DHCP4_PKT_PROCESS_ERROR: Debug(50), "perfmon-hooks", "Packet event stack was not processed for query {query}, reason {reason}";
    /// A query and its answer are of types that are not monitored.
    PERFMON_DHCP6_PKT_PROCESS_ERROR: Debug(50), "perfmon-hooks", "Packet event stack was not processed for query {query}, reason {reason}";
    /// A duration is too long.
    PERFMON_ALARM_TRIGGERED: Warn, "perfmon-hooks", "Alarm for {duration} has been triggered since {since}, reported mean duration {mean} exceeds high-water-ms: {high}";
    /// A duration is short enough again.
    PERFMON_ALARM_CLEARED: Info, "perfmon-hooks", "Alarm for {duration} has been cleared, reported mean duration {mean} is now below low-water-ms: {low}";
    /// `perfmon-control` was carried out.
    PERFMON_CMDS_CONTROL_OK: Info, "perfmon-hooks", "perfmon-control command success: active monitoring: {monitoring}, stats-mgr-reporting: {statistics}";
    /// `perfmon-control` was refused.
    PERFMON_CMDS_CONTROL_ERROR: Error, "perfmon-hooks", "perfmon-control command processing failed: {reason}";
    /// `perfmon-get-all-durations` was answered.
    PERFMON_CMDS_GET_ALL_DURATIONS_OK: Info, "perfmon-hooks", "perfmon-get-all-durations returning {durations} durations";
    /// `perfmon-get-all-durations` was refused.
    PERFMON_CMDS_GET_ALL_DURATIONS_ERROR: Error, "perfmon-hooks", "perfmon-get-all-durations command processing failed: {reason}";
}
