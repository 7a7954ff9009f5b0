//! What `libdhcp_ha.so` says, under Kea's identifiers.

log::messages! {
    /// The library is loaded.
    HA_INIT_OK: Info, "ha-hooks", "loading High Availability hooks library successful";
    /// The library is not loaded any more.
    HA_DEINIT_OK: Info, "ha-hooks", "unloading High Availability hooks library successful";
    /// The library is loaded and has nothing to do: Kea does not load it then.
    HA_MISSING_CONFIGURATION: Warn, "ha-hooks", "high-availability parameter not specified for High Availability hooks library";
    /// The parameters of a relationship are good.
    HA_CONFIGURATION_SUCCESSFUL: Info, "ha-hooks", "{server}: HA hook library has been successfully configured";
    /// By its configuration, the server does not take the place of its partner by itself.
    HA_CONFIG_AUTO_FAILOVER_DISABLED: Warn, "ha-hooks", "{server}: auto-failover disabled";
    /// By its configuration, the server does not fetch leases.
    HA_CONFIG_LEASE_SYNCING_DISABLED: Warn, "ha-hooks", "{server}: lease database synchronization between HA servers is disabled";
    /// The server goes on without fetching leases, by its configuration.
    HA_CONFIG_LEASE_SYNCING_DISABLED_REMINDER: Info, "ha-hooks", "{server}: bypassing SYNCING state because lease database synchronization is administratively disabled";
    /// Leases are sent but not fetched, or fetched but not sent.
    HA_CONFIG_LEASE_UPDATES_AND_SYNCING_DIFFER: Warn, "ha-hooks", "{server}: unusual configuration where \"send-lease-updates\": {updates} and \"sync-leases\": {sync}";
    /// By its configuration, the server does not send changes of leases.
    HA_CONFIG_LEASE_UPDATES_DISABLED: Warn, "ha-hooks", "{server}: lease updates will not be generated";
    /// No changes of leases are sent in the new state, by the configuration.
    HA_CONFIG_LEASE_UPDATES_DISABLED_REMINDER: Info, "ha-hooks", "{server}: lease updates are administratively disabled and will not be generated while in {state} state";
    /// A relationship begins its work.
    HA_SERVICE_STARTED: Info, "ha-hooks", "{server}: started high availability service in {mode} mode as {role} server";
    /// The server went from one state to another.
    HA_STATE_TRANSITION: Info, "ha-hooks", "{server}: server transitions from {from} to {to} state, partner state is {partner}";
    /// The server went from one state to another; nothing is heard of others in this mode.
    HA_STATE_TRANSITION_PASSIVE_BACKUP: Info, "ha-hooks", "{server}: server transitions from {from} to {to} state";
    /// The server waits for an operator in this state.
    HA_STATE_MACHINE_PAUSED: Info, "ha-hooks", "{server}: state machine paused in state {state}";
    /// The server does not wait for an operator any more.
    HA_STATE_MACHINE_CONTINUED: Info, "ha-hooks", "{server}: state machine is un-paused";
    /// Changes of leases are sent in the new state.
    HA_LEASE_UPDATES_ENABLED: Info, "ha-hooks", "{server}: lease updates will be sent to the partner while in {state} state";
    /// No changes of leases are sent to the partner in the new state.
    HA_LEASE_UPDATES_DISABLED: Info, "ha-hooks", "{server}: lease updates will not be sent to the partner while in {state} state";
    /// Clients are not answered in the new state.
    HA_LOCAL_DHCP_DISABLE: Info, "ha-hooks", "local DHCP service is disabled while the {server} is in the {state} state";
    /// Clients are answered in the new state.
    HA_LOCAL_DHCP_ENABLE: Info, "ha-hooks", "local DHCP service is enabled while the {server} is in the {state} state";
    /// The servers do not work together any more: someone must repair what is wrong, and start them again.
    HA_TERMINATED: Error, "ha-hooks", "{server}: HA service terminated due to an unrecoverable condition. Check previous error message(s), address the problem and restart!";
    /// The server was restarted, and waits for the partner to be.
    HA_TERMINATED_RESTART_PARTNER: Info, "ha-hooks", "{server}: waiting for the partner in the TERMINATED state to be restarted";
    /// The server was restarted and the partner was not: it serves by itself again.
    HA_TERMINATED_PARTNER_DID_NOT_RESTART: Warn, "ha-hooks", "{server}: service transitions to the TERMINATED state because the partner has been in the TERMINATED state for more than {minutes} minutes";
    /// The clocks differ by more than half a minute.
    HA_HIGH_CLOCK_SKEW: Warn, "ha-hooks", "{server}: {skew}, please synchronize clocks!";
    /// The clocks differ by more than a minute.
    HA_HIGH_CLOCK_SKEW_CAUSES_TERMINATION: Error, "ha-hooks", "{server}: {skew}, causing HA service to terminate";
    /// The partner refused changes for too many clients.
    HA_REJECTED_LEASE_UPDATES_CAUSE_TERMINATION: Error, "ha-hooks", "{server}: too many rejected lease updates cause the HA service to terminate";
    /// The partner is in a state of another mode.
    HA_INVALID_PARTNER_STATE_COMMUNICATION_RECOVERY: Warn, "ha-hooks", "{server}: partner is in the communication-recovery state unexpectedly";
    /// The partner is in a state of another mode.
    HA_INVALID_PARTNER_STATE_HOT_STANDBY: Warn, "ha-hooks", "{server}: partner is in the hot-standby state unexpectedly";
    /// The partner is in a state of another mode.
    HA_INVALID_PARTNER_STATE_LOAD_BALANCING: Warn, "ha-hooks", "{server}: partner is in the load-balancing state unexpectedly";
    /// The server may be shut down: its partner serves.
    HA_MAINTENANCE_SHUTDOWN_SAFE: Info, "ha-hooks", "{server}: the server can now be shutdown for maintenance as the partner has taken over the DHCP traffic";
    /// The partner may be shut down: this server serves.
    HA_MAINTENANCE_STARTED: Info, "ha-hooks", "{server}: the server is now in the partner-in-maintenance state and the partner is in-maintenance state";
    /// The partner was away already when it was to be maintained.
    HA_MAINTENANCE_STARTED_IN_PARTNER_DOWN: Info, "ha-hooks", "{server}: the server is now in the partner-down mode as a result of requested maintenance";
    /// The partner did not hear that it is to be maintained.
    HA_MAINTENANCE_NOTIFY_COMMUNICATIONS_FAILED: Error, "ha-hooks", "{server}: failed to send ha-maintenance-notify to {peer}: {reason}";
    /// The partner does not agree to be maintained.
    HA_MAINTENANCE_NOTIFY_FAILED: Error, "ha-hooks", "{server}: error returned while processing ha-maintenance-notify by {peer}: {reason}";
    /// The partner did not hear that it is not to be maintained.
    HA_MAINTENANCE_NOTIFY_CANCEL_COMMUNICATIONS_FAILED: Error, "ha-hooks", "{server}: failed to send ha-maintenance-notify to {peer} in attempt to cancel its maintenance: {reason}";
    /// The partner goes on waiting for maintenance.
    HA_MAINTENANCE_NOTIFY_CANCEL_FAILED: Error, "ha-hooks", "{server}: error returned while processing ha-maintenance-notify by {peer} in attempt to cancel its maintenance: {reason}";
    /// A heartbeat did not reach the partner, or was not answered.
    HA_HEARTBEAT_COMMUNICATIONS_FAILED: Warn, "ha-hooks", "{server}: failed to send heartbeat to {peer}: {reason}";
    /// The partner answered a heartbeat with an error.
    HA_HEARTBEAT_FAILED: Warn, "ha-hooks", "{server}: heartbeat to {peer} failed: {reason}";
    /// Nothing was heard of the partner for longer than may be.
    HA_COMMUNICATION_INTERRUPTED: Warn, "ha-hooks", "{server}: communication with {peer} is interrupted";
    /// A client asks a partner that cannot be reached.
    HA_COMMUNICATION_INTERRUPTED_CLIENT4: Info, "ha-hooks", "{server}: {client}: new client attempting to get a lease from the partner";
    /// A client asks a partner that cannot be reached, and does not seem to get an answer.
    HA_COMMUNICATION_INTERRUPTED_CLIENT4_UNACKED: Info, "ha-hooks", "{server}: {client}: partner server failed to respond, {unacked} clients unacked so far, {left} clients left before transitioning to the partner-down state";
    /// A client asks a partner that cannot be reached.
    HA_COMMUNICATION_INTERRUPTED_CLIENT6: Info, "ha-hooks", "{server}: {client}: new client attempting to get a lease from the partner";
    /// A client asks a partner that cannot be reached, and does not seem to get an answer.
    HA_COMMUNICATION_INTERRUPTED_CLIENT6_UNACKED: Info, "ha-hooks", "{server}: {client}: partner server failed to respond, {unacked} clients unacked so far, {left} clients left before transitioning to the partner-down state";
    /// A query is for another server.
    HA_BUFFER4_RECEIVE_NOT_FOR_US: Debug(40), "ha-hooks", "{client}: dropping query to be processed by another server";
    /// A query is for another server.
    HA_BUFFER6_RECEIVE_NOT_FOR_US: Debug(40), "ha-hooks", "{client}: dropping query to be processed by another server";
    /// A query has nothing by which it is known whose client sent it.
    HA_LOAD_BALANCING_IDENTIFIER_MISSING: Debug(40), "ha-hooks", "{server}: load balancing failed for the DHCPv4 message (transaction id: {xid}) because HW address and client identifier are missing";
    /// A query has nothing by which it is known whose client sent it.
    HA_LOAD_BALANCING_DUID_MISSING: Debug(40), "ha-hooks", "{server}: load balancing failed for the DHCPv6 message (transaction id: {xid}) because DUID is missing";
    /// There is no subnet that would tell to which relationship a query belongs.
    HA_SUBNET4_SELECT_NO_SUBNET_SELECTED: Debug(40), "ha-hooks", "{client}: unable to determine HA relationship because selected subnet is not available";
    /// The subnet does not tell to which relationship a query belongs.
    HA_SUBNET4_SELECT_NO_RELATIONSHIP_SELECTOR_FOR_SUBNET: Error, "ha-hooks", "{client}: unable to determine HA relationship because selected subnet {subnet} lacks the ha-server-name";
    /// The subnet tells it in a wrong way.
    HA_SUBNET4_SELECT_INVALID_HA_SERVER_NAME: Error, "ha-hooks", "{client}: invalid ha-server-name value for subnet {subnet}";
    /// There is no relationship as the subnet names it.
    HA_SUBNET4_SELECT_NO_RELATIONSHIP_FOR_SUBNET: Error, "ha-hooks", "{client}: HA relationship not found for {name}";
    /// A query is for the other server of its relationship.
    HA_SUBNET4_SELECT_NOT_FOR_US: Debug(40), "ha-hooks", "{client}: dropping query in relationship {name} to be processed by another server";
    /// There is no subnet that would tell to which relationship a query belongs.
    HA_SUBNET6_SELECT_NO_SUBNET_SELECTED: Debug(40), "ha-hooks", "{client}: unable to determine HA relationship because selected subnet is not available";
    /// The subnet does not tell to which relationship a query belongs.
    HA_SUBNET6_SELECT_NO_RELATIONSHIP_SELECTOR_FOR_SUBNET: Error, "ha-hooks", "{client}: unable to determine HA relationship because selected subnet {subnet} lacks the ha-server-name";
    /// The subnet tells it in a wrong way.
    HA_SUBNET6_SELECT_INVALID_HA_SERVER_NAME: Error, "ha-hooks", "{client}: invalid ha-server-name value for subnet {subnet}";
    /// There is no relationship as the subnet names it.
    HA_SUBNET6_SELECT_NO_RELATIONSHIP_FOR_SUBNET: Error, "ha-hooks", "{client}: HA relationship not found for {name}";
    /// A query is for the other server of its relationship.
    HA_SUBNET6_SELECT_NOT_FOR_US: Debug(40), "ha-hooks", "{client}: dropping query in relationship {name} to be processed by another server";
    /// A change of a lease did not reach the partner: the client gets no answer.
    HA_LEASE_UPDATE_COMMUNICATIONS_FAILED: Warn, "ha-hooks", "{server}: {client}: failed to send lease update to {peer}: {reason}";
    /// The partner answered a change of a lease with an error: the client gets no answer.
    HA_LEASE_UPDATE_FAILED: Warn, "ha-hooks", "{server}: {client}: lease update to {peer} failed: {reason}";
    /// A change of a lease is at odds with what the partner has: the client gets no answer.
    HA_LEASE_UPDATE_CONFLICT: Warn, "ha-hooks", "{server}: {client}: lease update to {peer} returned conflict status code: {reason}";
    /// The partner did not take one of the leases.
    HA_LEASE_UPDATE_CREATE_UPDATE_FAILED_ON_PEER: Info, "ha-hooks", "{client}: failed to create or update the lease having type {type} for address {address}, reason: {reason}";
    /// The partner did not delete one of the leases.
    HA_LEASE_UPDATE_DELETE_FAILED_ON_PEER: Info, "ha-hooks", "{client}: failed to delete the lease having type {type} for address {address}, reason: {reason}";
    /// The partner did not hear that it is not to serve.
    HA_DHCP_DISABLE_COMMUNICATIONS_FAILED: Error, "ha-hooks", "{server}: failed to send request to disable DHCP service of {peer}: {reason}";
    /// The partner goes on serving.
    HA_DHCP_DISABLE_FAILED: Error, "ha-hooks", "{server}: failed to disable DHCP service of {peer}: {reason}";
    /// The partner did not hear that it is to serve.
    HA_DHCP_ENABLE_COMMUNICATIONS_FAILED: Error, "ha-hooks", "{server}: failed to send request to enable DHCP service of {peer}: {reason}";
    /// The partner does not serve.
    HA_DHCP_ENABLE_FAILED: Error, "ha-hooks", "{server}: failed to enable DHCP service of {peer}: {reason}";
    /// The server begins to fetch leases.
    HA_SYNC_START: Info, "ha-hooks", "{server}: starting lease database synchronization with {peer}";
    /// The leases are there.
    HA_SYNC_SUCCESSFUL: Info, "ha-hooks", "{server}: lease database synchronization with {peer} completed successfully in {time}";
    /// Not all leases could be fetched.
    HA_SYNC_FAILED: Error, "ha-hooks", "{server}: lease database synchronization with {peer} failed: {reason}";
    /// A page of leases came.
    HA_LEASES_SYNC_LEASE_PAGE_RECEIVED: Info, "ha-hooks", "{server}: received {count} leases from {peer}";
    /// So many of them were news.
    HA_LEASES_SYNC_APPLIED_LEASES: Info, "ha-hooks", "{server}: applied {count} leases received from the partner in the local lease database";
    /// A page of leases did not come.
    HA_LEASES_SYNC_COMMUNICATIONS_FAILED: Error, "ha-hooks", "{server}: failed to communicate with {peer} while syncing leases: {reason}";
    /// The partner answered with an error where leases were wanted.
    HA_LEASES_SYNC_FAILED: Error, "ha-hooks", "{server}: failed to synchronize leases with {peer}: {reason}";
    /// A lease that came could not be stored.
    HA_LEASE_SYNC_FAILED: Warn, "ha-hooks", "{server}: synchronization failed for lease: {lease}, reason: {reason}";
    /// A lease that came is older than the one that is there.
    HA_LEASE_SYNC_STALE_LEASE4_SKIP: Debug(40), "ha-hooks", "{server}: skipping stale lease {address} in subnet {subnet}";
    /// A lease that came is older than the one that is there.
    HA_LEASE_SYNC_STALE_LEASE6_SKIP: Debug(40), "ha-hooks", "{server}: skipping stale lease {address} in subnet {subnet}";
    /// The partner did not hear that its leases were fetched.
    HA_SYNC_COMPLETE_NOTIFY_COMMUNICATIONS_FAILED: Error, "ha-hooks", "{server}: failed to send ha-sync-complete-notify to {peer}: {reason}";
    /// The partner answered with an error when it was told that its leases were fetched.
    HA_SYNC_COMPLETE_NOTIFY_FAILED: Error, "ha-hooks", "{server}: error processing ha-sync-complete-notify command on {peer}: {reason}";
    /// The changes that were kept for the partner are sent.
    HA_LEASES_BACKLOG_START: Info, "ha-hooks", "{server}: starting to send {count} outstanding lease updates to {peer}";
    /// No changes were kept for the partner.
    HA_LEASES_BACKLOG_NOTHING_TO_SEND: Info, "ha-hooks", "{server}: no leases in backlog after communication recovery";
    /// The partner has all changes.
    HA_LEASES_BACKLOG_SUCCESS: Info, "ha-hooks", "{server}: sending lease updates backlog to {peer} successful in {time}";
    /// Changes that were kept did not reach the partner.
    HA_LEASES_BACKLOG_COMMUNICATIONS_FAILED: Warn, "ha-hooks", "{server}: failed to communicate with {peer} while sending lease updates backlog: {reason}";
    /// The partner answered changes that were kept with an error.
    HA_LEASES_BACKLOG_FAILED: Warn, "ha-hooks", "{server}: failed to send lease updates backlog to {peer}: {reason}";
    /// The partner did not hear that it is to fetch leases.
    HA_RESET_COMMUNICATIONS_FAILED: Warn, "ha-hooks", "{server}: failed to send ha-reset command to {peer}: {reason}";
    /// The partner does not fetch leases.
    HA_RESET_FAILED: Warn, "ha-hooks", "{server}: failed to reset HA state machine of {peer}: {reason}";
}
