//! What the agent logs. Identifiers are Kea's where Kea has the message.

log::messages! {
    /// The agent is ready for sessions.
    NETCONF_STARTED: Info, "", "kea-netconf (version {version}) started";
    /// The agent ends.
    NETCONF_RUN_EXIT: Debug(0), "", "application is exiting the event loop";
    /// The agent asks a server what it runs with.
    NETCONF_GET_CONFIG_STARTED: Debug(40), "", "getting configuration from {server} server";
    /// The running datastore has what the server runs with.
    NETCONF_GET_CONFIG: Info, "", "got configuration from {server} server: {summary}";
    /// A server could not be asked, or its configuration not be understood. The agent asks again.
    NETCONF_GET_CONFIG_FAILED: Error, "", "getting configuration from {server} server failed: {reason}";
    /// Something in the agent's configuration file is not as it should be, and was understood all the same.
    NETCONF_CONFIG_SYNTAX_WARNING: Warn, "", "NETCONF configuration syntax warning: {warning}";
    /// A part of a server's configuration that the models cannot show. It stays as it is in every commit.
    NETCONF_CONFIG_LEFT_OUT: Debug(40), "", "{server} server has {path}, which is not shown: {reason}";
    /// A server's configuration was changed by someone else since the agent last heard or set it.
    NETCONF_CONFIG_CHANGED_ELSEWHERE: Warn, "", "configuration of {server} server was changed, but not through the agent";
    /// A server could not be asked whether its configuration is still the one that the agent knows.
    NETCONF_NOT_FOLLOWED: Debug(40), "", "{server} server cannot be looked at: {reason}";
    /// The startup datastore was loaded into a server.
    NETCONF_BOOT_UPDATE_COMPLETED: Info, "", "Boot-update configuration completed for server {server}";
    /// A server did not take what the startup datastore says.
    NETCONF_BOOT_UPDATE_FAILED: Error, "", "Boot-update configuration of server {server} failed: {reason}";
    /// A server is asked whether it would take a configuration.
    NETCONF_VALIDATE_CONFIG_STARTED: Debug(40), "", "started validating configuration for {server} server";
    /// It would.
    NETCONF_VALIDATE_CONFIG_COMPLETED: Debug(40), "", "completed validating configuration for {server} server";
    /// It would not.
    NETCONF_VALIDATE_CONFIG_REJECTED: Warn, "", "validating configuration with {server} server was rejected: {reason}";
    /// A server is given a configuration.
    NETCONF_UPDATE_CONFIG_STARTED: Debug(40), "", "started updating configuration for {server} server";
    /// It runs with it.
    NETCONF_UPDATE_CONFIG_COMPLETED: Info, "", "completed updating configuration for {server} server";
    /// It does not.
    NETCONF_UPDATE_CONFIG_FAILED: Error, "", "updating configuration with {server} server: {reason}";
    /// A server has its old configuration again, since another one did not take its new one.
    NETCONF_UPDATE_TAKEN_BACK: Warn, "", "{server} server has its old configuration again";
    /// A server took a new configuration, another did not, and it could not be given its old one.
    NETCONF_UPDATE_NOT_TAKEN_BACK: Error, "", "{server} server could not be given its old configuration again: {reason}";
    /// A server runs with the new configuration, but could not write it to its file; after a restart it has the old one.
    NETCONF_CONFIG_WRITE_FAILED: Warn, "", "{server} server did not write its configuration to its file: {reason}";
    /// A commit that waited for its confirmation was confirmed.
    NETCONF_COMMIT_CONFIRMED: Info, "", "session {id} confirmed the commit";
    /// A commit was not confirmed; the servers are given what they had before.
    NETCONF_COMMIT_UNDONE: Warn, "", "a commit was not confirmed, and is undone";
    /// A server could not be given what it had before a commit that was not confirmed.
    NETCONF_COMMIT_NOT_UNDONE: Error, "", "a commit that was not confirmed could not be undone: {reason}";
    /// Someone tried what the access control of ietf-netconf-acm does not allow.
    NETCONF_ACCESS_DENIED: Warn, "", "session {id}: user {user} may not {what}";
    /// The configuration has no transport; nobody can connect.
    NETCONF_NO_TRANSPORT: Warn, "", "no transport is configured: without `ssh` or `tls` nobody can connect";
    /// The agent listens for SSH.
    NETCONF_LISTENING: Info, "", "listening for NETCONF over SSH at {address}";
    /// The agent listens for TLS.
    NETCONF_LISTENING_TLS: Info, "", "listening for NETCONF over TLS at {address}";
    /// The agent called a client, which answered.
    NETCONF_CALLED_HOME: Info, "", "connected to {peer}, which is called home";
    /// A client that is called home does not answer. The agent calls again.
    NETCONF_CALL_HOME_FAILED: Warn, "", "{peer} does not answer the call home: {reason}";
    /// A TLS connection ended with an error.
    NETCONF_TLS_ENDED: Debug(40), "", "{peer}: TLS connection ended: {reason}";
    /// A connection could not be accepted.
    NETCONF_ACCEPT_FAILED: Error, "", "cannot accept a connection: {reason}";
    /// There are as many sessions as allowed.
    NETCONF_TOO_MANY_SESSIONS: Warn, "", "connection from {peer} refused: too many sessions";
    /// A user could not prove who they are.
    NETCONF_AUTH_FAILED: Warn, "auth", "{peer}: user {user} failed to authenticate by {method}";
    /// An SSH connection ended with an error.
    NETCONF_SSH_ENDED: Debug(40), "", "{peer}: SSH connection ended: {reason}";
    /// A session began.
    NETCONF_SESSION_STARTED: Info, "", "session {id} of user {user} from {peer} started";
    /// A session ended.
    NETCONF_SESSION_ENDED: Info, "", "session {id} of user {user} from {peer} ended: {reason}";
    /// A request was answered.
    NETCONF_REQUEST: Debug(50), "", "session {id}: {operation}: {outcome}";
}
