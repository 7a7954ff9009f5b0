//! What the daemons say about their own life, under Kea's identifiers.

/// Says it under the identifier of the family, as Kea does.
macro_rules! say {
    ($family:ident: $v4:ident | $v6:ident $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        match $family::NUMBER {
            4 => log::event!($v4 $(, $name $(= $value)?)*),
            _ => log::event!($v6 $(, $name $(= $value)?)*),
        }
    };
}
pub(crate) use say;

log::messages! {
    /// The process starts.
    DHCP4_STARTING: Info, "dhcp4", "Kea DHCPv4 server version {version} ({product}) starting";
    /// Follows the start.
    DHCP4_START_INFO: Debug(0), "dhcp4", "pid: {pid}, server port: {server_port}, client port: {client_port}, verbose: {verbose}";
    /// The daemon needs no such rights.
    DHCP4_ROOT_USER_SECURITY_WARNING: Warn, "dhcp4", "kea-dhcp4 running as root user!";
    /// The process was started with `-X`.
    DHCP4_SECURITY_CHECKS_DISABLED: Warn, "dhcp4", "started with command line option -X, security checks are disabled";
    /// Replies go to whoever sent the query, whatever the protocol says: an environment variable for tests has it so.
    DHCP4_TESTING_MODE_SEND_TO_SOURCE_ENABLED: Warn, "dhcp4", "every reply goes to the source address of its query, which is for tests only";
    /// A configuration was handed over, by a file or a command; passwords are hidden.
    DHCP4_CONFIG_RECEIVED: Debug(10), "dhcp4", "received configuration {configuration}";
    /// A configuration is being read; passwords are hidden.
    DHCP4_CONFIG_START: Debug(10), "dhcp4", "DHCPv4 server reads this configuration: {configuration}";
    /// Sockets are being opened.
    DHCP4_OPEN_SOCKET: Debug(0), "dhcp4", "opening service sockets on port {port}";
    /// The server answers clients from now on.
    DHCP4_STARTED: Info, "dhcp4", "Kea DHCPv4 server version {version} started";
    /// The same server with the same file is running already.
    DHCP4_ALREADY_RUNNING: Fatal, "dhcp4", "{process} already running? {reason}";
    /// A file's configuration was refused.
    DHCP4_CONFIG_LOAD_FAIL: Error, "dhcp4", "configuration error using file: {file}, reason: {reason}";
    /// Something in a configuration file is not as it should be, and was understood all the same.
    DHCP4_CONFIG_SYNTAX_WARNING: Warn, "dhcp4", "configuration syntax warning: {warning}";
    /// The database that completes the configuration was asked by command, in vain.
    DHCP4_CB_ON_DEMAND_FETCH_UPDATES_FAIL: Error, "dhcp4", "error on demand attempt to fetch configuration updates from the configuration backend(s): {reason}";
    /// The database that completes the configuration was asked as it is at intervals, in vain.
    DHCP4_CB_PERIODIC_FETCH_UPDATES_FAIL: Error, "dhcp4", "error on periodic attempt to fetch configuration updates from the configuration backend(s): {reason}";
    /// It was in vain so often that the database is not asked any more, until a command or a new configuration has it asked.
    DHCP4_CB_PERIODIC_FETCH_UPDATES_RETRIES_EXHAUSTED: Error, "dhcp4", "maximum number of configuration fetch attempts: 10, has been exhausted without success";
    /// Option -R: the configuration is not completed, and nobody is served.
    DHCP4_CB_REPAIR_MODE_ENABLED: Warn, "dhcp4", "Server is running in config back end repair mode.";
    /// The database that completes the configuration could not be asked.
    DHCP4_PARSER_COMMIT_FAIL: Error, "dhcp4", "parser failed to commit changes: {reason}";
    /// A configuration is wrong in one place; each place is told.
    DHCP4_PARSER_FAIL: Error, "dhcp4", "failed to create or run parser for configuration element {element}: {reason}";
    /// The server cannot start.
    DHCP4_INIT_FAIL: Error, "dhcp4", "failed to initialize Kea server: {reason}";
    /// A configuration took effect.
    DHCP4_CONFIG_COMPLETE: Info, "dhcp4", "DHCPv4 server has completed configuration: {summary}";
    /// How many workers serve.
    DHCP4_MULTI_THREADING_INFO: Info, "dhcp4", "enabled: {enabled}, number of threads: {threads}, queue size: {queue}";
    /// Sockets that must be open are not, and are not tried any more: the server ends.
    DHCP4_FATAL_OPEN_SOCKETS_FAILED: Fatal, "dhcp4", "maximum number of open service sockets attempts: {tries}, has been exhausted without success";
    /// Sockets that could not be opened are not tried any more, until the machine changes.
    DHCP4_OPEN_SOCKETS_FAILED: Error, "dhcp4", "maximum number of open service sockets attempts: {tries}, has been exhausted without success";
    /// A database is lost.
    DHCP4_DB_RECONNECT_LOST_CONNECTION: Info, "dhcp4", "database connection lost: manager ID: {id}, timer: {timer}.";
    /// It is there again, and what was changed meanwhile was read.
    DHCP4_DB_RECONNECT_SUCCEEDED: Info, "dhcp4", "database connection recovered.";
    /// No try is made to get it back; the server goes on without.
    DHCP4_DB_RECONNECT_DISABLED: Error, "dhcp4", "database reconnect is disabled: retries left: {tries}, reconnect wait time: {wait}, manager ID: {id}, timer: {timer}";
    /// No try is made to get it back; the server ends.
    DHCP4_FATAL_DB_RECONNECT_DISABLED: Fatal, "dhcp4", "database reconnect is disabled: retries left: {tries}, reconnect wait time: {wait}, manager ID: {id}, timer: {timer}";
    /// All tries were in vain; the server goes on without.
    DHCP4_DB_RECONNECT_FAILED: Error, "dhcp4", "maximum number of database reconnect attempts: {tries}, has been exhausted without success, manager ID: {id}, timer: {timer}";
    /// All tries were in vain; the server ends.
    DHCP4_FATAL_DB_RECONNECT_FAILED: Fatal, "dhcp4", "maximum number of database reconnect attempts: {tries}, has been exhausted without success, manager ID: {id}, timer: {timer}";
    /// Packets pass a ring (`dhcp-queue-control`).
    DHCP4_CONFIG_PACKET_QUEUE: Info, "dhcp4", "DHCPv4 packet queue info after configuration: {info}";
    /// Packets waited behind more newer ones than the ring holds.
    DHCP4_PACKET_QUEUE_FULL: Debug(40), "dhcp4", "packet queue is full: the {count} oldest packets were dropped";
    /// The file is read again.
    DHCP4_DYNAMIC_RECONFIGURATION: Info, "dhcp4", "initiate server reconfiguration using file: {file}, after receiving SIGHUP signal or config-reload command";
    /// The file's configuration is in effect.
    DHCP4_DYNAMIC_RECONFIGURATION_SUCCESS: Info, "dhcp4", "dynamic server reconfiguration succeeded with file: {file}";
    /// The file's configuration was refused; the one before it stays.
    DHCP4_DYNAMIC_RECONFIGURATION_FAIL: Error, "dhcp4", "dynamic server reconfiguration failed with file: {file}: {reason}";
    /// The server was told to end.
    DHCP4_SHUTDOWN_REQUEST: Debug(40), "dhcp4", "shutdown of server requested";
    /// The server ends.
    DHCP4_SHUTDOWN: Info, "dhcp4", "server shutdown";
    /// A reply did not leave.
    DHCP4_PACKET_SEND_FAIL: Error, "packets", "failed to send DHCPv4 packet: {reason}";
    /// What arrived is no datagram that can hold a DHCPv4 message.
    DHCP4_BUFFER_RECEIVE_FAIL: Error, "packets", "error on attempt to receive packet: {reason}";
    /// Replies were held back since their leases could not be made durable.
    DHCP4_REPLIES_HELD_BACK: Error, "leases", "{count} replies were not sent: the leases behind them could not be made durable";

    /// The process starts.
    DHCP6_STARTING: Info, "dhcp6", "Kea DHCPv6 server version {version} ({product}) starting";
    /// Follows the start.
    DHCP6_START_INFO: Debug(0), "dhcp6", "pid: {pid}, server port: {server_port}, client port: {client_port}, verbose: {verbose}";
    /// The daemon needs no such rights.
    DHCP6_ROOT_USER_SECURITY_WARNING: Warn, "dhcp6", "kea-dhcp6 running as root user!";
    /// The process was started with `-X`.
    DHCP6_SECURITY_CHECKS_DISABLED: Warn, "dhcp6", "started with command line option -X, security checks are disabled";
    /// A configuration was handed over, by a file or a command; passwords are hidden.
    DHCP6_CONFIG_RECEIVED: Debug(10), "dhcp6", "received configuration {configuration}";
    /// A configuration is being read; passwords are hidden.
    DHCP6_CONFIG_START: Debug(10), "dhcp6", "DHCPv6 server reads this configuration: {configuration}";
    /// Sockets are being opened.
    DHCP6_OPEN_SOCKET: Debug(0), "dhcp6", "opening service sockets on port {port}";
    /// The server answers clients from now on.
    DHCP6_STARTED: Info, "dhcp6", "Kea DHCPv6 server version {version} started";
    /// The same server with the same file is running already.
    DHCP6_ALREADY_RUNNING: Fatal, "dhcp6", "{process} already running? {reason}";
    /// A file's configuration was refused.
    DHCP6_CONFIG_LOAD_FAIL: Error, "dhcp6", "configuration error using file: {file}, reason: {reason}";
    /// Something in a configuration file is not as it should be, and was understood all the same.
    DHCP6_CONFIG_SYNTAX_WARNING: Warn, "dhcp6", "configuration syntax warning: {warning}";
    /// The database that completes the configuration was asked by command, in vain.
    DHCP6_CB_ON_DEMAND_FETCH_UPDATES_FAIL: Error, "dhcp6", "error on demand attempt to fetch configuration updates from the configuration backend(s): {reason}";
    /// The database that completes the configuration was asked as it is at intervals, in vain.
    DHCP6_CB_PERIODIC_FETCH_UPDATES_FAIL: Error, "dhcp6", "error on periodic attempt to fetch configuration updates from the configuration backend(s): {reason}";
    /// It was in vain so often that the database is not asked any more, until a command or a new configuration has it asked.
    DHCP6_CB_PERIODIC_FETCH_UPDATES_RETRIES_EXHAUSTED: Error, "dhcp6", "maximum number of configuration fetch attempts: 10, has been exhausted without success";
    /// Option -R: the configuration is not completed, and nobody is served.
    DHCP6_CB_REPAIR_MODE_ENABLED: Warn, "dhcp6", "Server is running in config back end repair mode.";
    /// The database that completes the configuration could not be asked.
    DHCP6_PARSER_COMMIT_FAIL: Error, "dhcp6", "parser failed to commit changes: {reason}";
    /// A configuration is wrong in one place; each place is told.
    DHCP6_PARSER_FAIL: Error, "dhcp6", "failed to create or run parser for configuration element {element}: {reason}";
    /// The server cannot start.
    DHCP6_INIT_FAIL: Error, "dhcp6", "failed to initialize Kea server: {reason}";
    /// A configuration took effect.
    DHCP6_CONFIG_COMPLETE: Info, "dhcp6", "DHCPv6 server has completed configuration: {summary}";
    /// The server's DUID.
    DHCP6_USING_SERVERID: Info, "dhcp6", "server is using server-id {duid} and stores in the file {file}";
    /// How many workers serve.
    DHCP6_MULTI_THREADING_INFO: Info, "dhcp6", "enabled: {enabled}, number of threads: {threads}, queue size: {queue}";
    /// Sockets that must be open are not, and are not tried any more: the server ends.
    DHCP6_FATAL_OPEN_SOCKETS_FAILED: Fatal, "dhcp6", "maximum number of open service sockets attempts: {tries}, has been exhausted without success";
    /// Sockets that could not be opened are not tried any more, until the machine changes.
    DHCP6_OPEN_SOCKETS_FAILED: Error, "dhcp6", "maximum number of open service sockets attempts: {tries}, has been exhausted without success";
    /// A database is lost.
    DHCP6_DB_RECONNECT_LOST_CONNECTION: Info, "dhcp6", "database connection lost: manager ID: {id}, timer: {timer}.";
    /// It is there again, and what was changed meanwhile was read.
    DHCP6_DB_RECONNECT_SUCCEEDED: Info, "dhcp6", "database connection recovered.";
    /// No try is made to get it back; the server goes on without.
    DHCP6_DB_RECONNECT_DISABLED: Error, "dhcp6", "database reconnect is disabled: retries left: {tries}, reconnect wait time: {wait}, manager ID: {id}, timer: {timer}";
    /// No try is made to get it back; the server ends.
    DHCP6_FATAL_DB_RECONNECT_DISABLED: Fatal, "dhcp6", "database reconnect is disabled: retries left: {tries}, reconnect wait time: {wait}, manager ID: {id}, timer: {timer}";
    /// All tries were in vain; the server goes on without.
    DHCP6_DB_RECONNECT_FAILED: Error, "dhcp6", "maximum number of database reconnect attempts: {tries}, has been exhausted without success, manager ID: {id}, timer: {timer}";
    /// All tries were in vain; the server ends.
    DHCP6_FATAL_DB_RECONNECT_FAILED: Fatal, "dhcp6", "maximum number of database reconnect attempts: {tries}, has been exhausted without success, manager ID: {id}, timer: {timer}";
    /// Packets pass a ring (`dhcp-queue-control`).
    DHCP6_CONFIG_PACKET_QUEUE: Info, "dhcp6", "DHCPv6 packet queue info after configuration: {info}";
    /// Packets waited behind more newer ones than the ring holds.
    DHCP6_PACKET_QUEUE_FULL: Debug(40), "dhcp6", "packet queue is full: the {count} oldest packets were dropped";
    /// The file is read again.
    DHCP6_DYNAMIC_RECONFIGURATION: Info, "dhcp6", "initiate server reconfiguration using file: {file}, after receiving SIGHUP signal or config-reload command";
    /// The file's configuration is in effect.
    DHCP6_DYNAMIC_RECONFIGURATION_SUCCESS: Info, "dhcp6", "dynamic server reconfiguration succeeded with file: {file}";
    /// The file's configuration was refused; the one before it stays.
    DHCP6_DYNAMIC_RECONFIGURATION_FAIL: Error, "dhcp6", "dynamic server reconfiguration failed with file: {file}: {reason}";
    /// The server was told to end.
    DHCP6_SHUTDOWN_REQUEST: Debug(40), "dhcp6", "shutdown of server requested";
    /// The server ends.
    DHCP6_SHUTDOWN: Info, "dhcp6", "server shutdown";
    /// A reply did not leave.
    DHCP6_PACKET_SEND_FAIL: Error, "packets", "failed to send DHCPv6 packet: {reason}";
    /// What arrived is no datagram that can hold a DHCPv6 message.
    DHCP6_PACKET_RECEIVE_FAIL: Error, "packets", "error on attempt to receive packet: {reason}";
    /// Replies were held back since their leases could not be made durable.
    DHCP6_REPLIES_HELD_BACK: Error, "leases", "{count} replies were not sent: the leases behind them could not be made durable";

    /// The database that completes the configuration is asked for all of its part, or for what changed.
    DCTL_CONFIG_FETCH: Info, "dctl", "Fetching configuration data from config backends.";
    /// The database that completes the configuration is opened.
    DCTL_OPEN_CONFIG_DB: Info, "dctl", "Opening configuration database: {parameters}";
    /// It could not be opened, and is tried again.
    DCTL_DB_OPEN_CONNECTION_WITH_RETRY_FAILED: Info, "dctl", "Failed to connect to database: {parameters} with error: {reason}";

    /// What the database says is in the configuration.
    DHCPSRV_CFGMGR_CONFIG4_MERGED: Info, "dhcpsrv", "Configuration backend data has been merged.";
    /// What the database says is in the configuration.
    DHCPSRV_CFGMGR_CONFIG6_MERGED: Info, "dhcpsrv", "Configuration backend data has been merged.";
    /// Something that the database says cannot be used, and the server runs without it.
    DHCPSRV_CFGMGR_CONFIG_ELEMENT_LEFT_OUT: Error, "dhcpsrv", "left out of the configuration backend data: {error}";
    /// The leases in a database are being opened.
    MYSQL_LB_DB: Info, "mysql-lb-hooks", "opening MySQL lease database: {parameters}";
    /// A try to get a database back failed.
    MYSQL_LB_DB_RECONNECT_ATTEMPT_FAILED: Error, "mysql-lb-hooks", "database reconnect failed: {reason}";
    /// The next one follows.
    MYSQL_LB_DB_RECONNECT_ATTEMPT_SCHEDULE: Info, "mysql-lb-hooks", "scheduling attempt {attempt} of {tries} in {wait} milliseconds";
    /// A try to get a database back failed.
    MYSQL_HB_DB_RECONNECT_ATTEMPT_FAILED: Error, "mysql-hb-hooks", "database reconnect failed: {reason}";
    /// The next one follows.
    MYSQL_HB_DB_RECONNECT_ATTEMPT_SCHEDULE: Info, "mysql-hb-hooks", "scheduling attempt {attempt} of {tries} in {wait} milliseconds";
    /// A try to get a database back failed.
    MYSQL_CB_RECONNECT_ATTEMPT_FAILED4: Error, "mysql-cb-hooks", "database reconnect failed: {reason}";
    /// The next one follows.
    MYSQL_CB_RECONNECT_ATTEMPT_SCHEDULE4: Info, "mysql-cb-hooks", "scheduling attempt {attempt} of {tries} in {wait} milliseconds";
    /// A try to get a database back failed.
    MYSQL_CB_RECONNECT_ATTEMPT_FAILED6: Error, "mysql-cb-hooks", "database reconnect failed: {reason}";
    /// The next one follows.
    MYSQL_CB_RECONNECT_ATTEMPT_SCHEDULE6: Info, "mysql-cb-hooks", "scheduling attempt {attempt} of {tries} in {wait} milliseconds";
    /// The leases in a database are being opened.
    PGSQL_LB_DB: Info, "pgsql-lb-hooks", "opening PostgreSQL lease database: {parameters}";
    /// A try to get a database back failed.
    PGSQL_LB_DB_RECONNECT_ATTEMPT_FAILED: Error, "pgsql-lb-hooks", "database reconnect failed: {reason}";
    /// The next one follows.
    PGSQL_LB_DB_RECONNECT_ATTEMPT_SCHEDULE: Info, "pgsql-lb-hooks", "scheduling attempt {attempt} of {tries} in {wait} milliseconds";
    /// A try to get a database back failed.
    PGSQL_HB_DB_RECONNECT_ATTEMPT_FAILED: Error, "pgsql-hb-hooks", "database reconnect failed: {reason}";
    /// The next one follows.
    PGSQL_HB_DB_RECONNECT_ATTEMPT_SCHEDULE: Info, "pgsql-hb-hooks", "scheduling attempt {attempt} of {tries} in {wait} milliseconds";
    /// A try to get a database back failed.
    PGSQL_CB_RECONNECT_ATTEMPT_FAILED4: Error, "pgsql-cb-hooks", "database reconnect failed: {reason}";
    /// The next one follows.
    PGSQL_CB_RECONNECT_ATTEMPT_SCHEDULE4: Info, "pgsql-cb-hooks", "scheduling attempt {attempt} of {tries} in {wait} milliseconds";
    /// A try to get a database back failed.
    PGSQL_CB_RECONNECT_ATTEMPT_FAILED6: Error, "pgsql-cb-hooks", "database reconnect failed: {reason}";
    /// The next one follows.
    PGSQL_CB_RECONNECT_ATTEMPT_SCHEDULE6: Info, "pgsql-cb-hooks", "scheduling attempt {attempt} of {tries} in {wait} milliseconds";
    /// The database of the leases cannot be reached; it is tried again.
    DHCPSRV_LEASE_MGR_DB_OPEN_CONNECTION_WITH_RETRY_FAILED: Info, "dhcpsrv", "Failed to connect to database: {parameters} with error: {reason}";
    /// An interface is listened on.
    DHCPSRV_CFGMGR_ADD_IFACE: Info, "dhcpsrv", "listening on interface {interface}";
    /// The entry `*`.
    DHCPSRV_CFGMGR_ALL_IFACES_ACTIVE: Debug(40), "dhcpsrv", "listening on all interfaces";
    /// An entry with an address: clients on that interface are answered from it.
    DHCPSRV_CFGMGR_USE_ADDRESS: Info, "dhcpsrv", "listening on address {address}, on interface {interface}";
    /// An entry with an address: messages that are sent to it are answered.
    DHCPSRV_CFGMGR_USE_UNICAST: Info, "dhcpsrv", "listening on unicast address {address}, on interface {interface}";
    /// `dhcp-socket-type` as written.
    DHCPSRV_CFGMGR_SOCKET_TYPE_SELECT: Info, "dhcpsrv", "using socket type {kind}";
    /// `dhcp-socket-type` where it is not written.
    DHCPSRV_CFGMGR_SOCKET_TYPE_DEFAULT: Info, "dhcpsrv", "\"dhcp-socket-type\" not specified, using default socket type {kind}";
    /// Whether names are sent to kea-dhcp-ddns.
    DHCPSRV_CFGMGR_CFG_DHCP_DDNS: Debug(40), "dhcpsrv", "setting DHCP-DDNS configuration to: {state}";
    /// A subnet that was not there before.
    DHCPSRV_CFGMGR_ADD_SUBNET4: Debug(40), "dhcpsrv", "adding subnet {subnet}";
    /// A subnet is another one now.
    DHCPSRV_CFGMGR_UPDATE_SUBNET4: Debug(40), "dhcpsrv", "updating subnet {subnet} (result {done})";
    /// A subnet went.
    DHCPSRV_CFGMGR_DEL_SUBNET4: Debug(40), "dhcpsrv", "IPv4 subnet {subnet} removed";
    /// A subnet that is new or changed, with what it gives to clients.
    DHCPSRV_CFGMGR_NEW_SUBNET4: Info, "dhcpsrv", "a new subnet has been added to configuration: {subnet}";
    /// A subnet that was not there before.
    DHCPSRV_CFGMGR_ADD_SUBNET6: Debug(40), "dhcpsrv", "adding subnet {subnet}";
    /// A subnet is another one now.
    DHCPSRV_CFGMGR_UPDATE_SUBNET6: Debug(40), "dhcpsrv", "updating subnet {subnet} (result {done})";
    /// A subnet went.
    DHCPSRV_CFGMGR_DEL_SUBNET6: Debug(40), "dhcpsrv", "IPv6 subnet {subnet} removed";
    /// A subnet that is new or changed, with what it gives to clients.
    DHCPSRV_CFGMGR_NEW_SUBNET6: Info, "dhcpsrv", "a new subnet has been added to configuration: {subnet}";
    /// How free leases are looked for in a subnet that is new or changed.
    DHCPSRV_CFGMGR_USE_ALLOCATOR: Info, "dhcpsrv", "using the {allocator} allocator for {kind} leases in subnet {subnet}";
    /// T1 is not sent, since it is later than T2.
    DHCPSRV_CFGMGR_RENEW_GTR_REBIND: Warn, "dhcpsrv", "in {place}, renew-timer {renew} is greater than rebind-timer {rebind} and ignored";
    /// The server's DUID is configured; who changes it breaks with clients that know the one before.
    DHCPSRV_CFGMGR_CONFIGURE_SERVERID: Warn, "dhcpsrv", "the configuration says what the server identifier is";
    /// A name of a class that is hard to write elsewhere.
    DHCPSRV_CLASS_BAD_NAME: Warn, "dhcpsrv", "class name '{name}' has characters that make trouble: '{better}' would not";
    /// Lifetimes of a class that is evaluated too late for them.
    DHCPSRV_CLASS_WITH_ADDITIONAL_AND_LIFETIMES: Warn, "dhcpsrv", "class: {class} is only in additional lists, its lifetimes are ignored";
    /// An older spelling.
    DHCPSRV_CLIENT_CLASS_DEPRECATED: Warn, "dhcpsrv", "The parameter 'client-class' is deprecated, 'client-classes' has taken its place";
    /// An older spelling.
    DHCPSRV_REQUIRE_CLIENT_CLASSES_DEPRECATED: Warn, "dhcpsrv", "The parameter 'require-client-classes' is deprecated, 'evaluate-additional-classes' has taken its place";
    /// An older spelling.
    DHCPSRV_ONLY_IF_REQUIRED_DEPRECATED: Warn, "dhcpsrv", "The parameter 'only-if-required' is deprecated, 'only-in-additional-list' has taken its place";
    /// The environment says where data is kept.
    DHCP6_DATA_DIRECTORY_DEPRECATED: Warn, "dhcp6", "'data-directory' is deprecated and should not be written any more";
    /// Reservations are looked at first anyway.
    DHCP4_RESERVATIONS_LOOKUP_FIRST_ENABLED: Warn, "dhcp4", "multi-threading is enabled, reservations are looked up first";
    /// Reservations are looked at first anyway.
    DHCP6_RESERVATIONS_LOOKUP_FIRST_ENABLED: Warn, "dhcp6", "multi-threading is enabled, reservations are looked up first";
    /// The lease file cannot be used.
    DHCPSRV_MEMFILE_FAILED_TO_OPEN: Error, "dhcpsrv", "Could not open lease file: {reason}";
    /// A socket could not be opened; it is tried again when the interface changes.
    DHCPSRV_OPEN_SOCKET_FAIL: Warn, "dhcpsrv", "failed to open socket: {reason}";
    /// The kernel does not tell of changes: a reload is needed after one.
    DHCPSRV_LINK_WATCH_FAILED: Warn, "dhcpsrv", "cannot watch links and addresses: {reason}";
    /// No socket is open: no client can reach the server.
    DHCPSRV_NO_SOCKETS_OPEN: Warn, "dhcpsrv", "no interface configured to listen to DHCP traffic";
    /// The kernel dropped packets: more came than were served, and the sockets' buffers are full.
    DHCPSRV_SOCKET_BUFFER_FULL: Warn, "dhcpsrv", "{count} packets were dropped since the receive buffers of the sockets were full";
    /// The kernel lets fewer packets wait than packet-queue-size asks for.
    DHCPSRV_SOCKET_BUFFER_LIMITED: Info, "dhcpsrv", "receive buffers of sockets have {allowed} bytes instead of {wanted}: net.core.rmem_max limits those who lack CAP_NET_ADMIN";
    /// The ring of dhcp-queue-control is for a single thread.
    DHCPSRV_MT_DISABLED_QUEUE_CONTROL: Warn, "dhcpsrv", "disabling dhcp queue control when multi-threading is enabled.";
    /// Name changes are sent to D2 from now on.
    DHCPSRV_DHCP_DDNS_SENDER_STARTED: Info, "dhcpsrv", "NameChangeRequest sender has been started: {parameters}";
    /// A name change was sent to D2.
    DHCPSRV_DHCP_DDNS_NCR_SENT: Debug(50), "dhcpsrv", "NameChangeRequest sent to kea-dhcp-ddns: {request}";
    /// A name change could not be queued or sent, and is lost.
    DHCPSRV_DHCP_DDNS_NCR_REJECTED: Error, "dhcpsrv", "NameChangeRequest rejected by the sender: {reason}, ncr: {request}";
    /// D2 cannot be reached; name changes wait.
    DHCPSRV_DHCP_DDNS_WAITING: Warn, "dhcpsrv", "kea-dhcp-ddns cannot be reached at {server}: {reason}; name changes wait";
    /// Relay information of a stored lease was removed.
    DHCPSRV_LEASE4_EXTENDED_INFO_SANITY_FAIL: Error, "dhcpsrv", "extended info for lease {address} failed checks ({problem})";
    /// Relay information of a stored lease was removed.
    DHCPSRV_LEASE6_EXTENDED_INFO_SANITY_FAIL: Error, "dhcpsrv", "extended info for lease {address} failed checks ({problem})";
    /// A stored lease is kept in a subnet that does not hold its address.
    DHCPSRV_LEASE_SANITY_FAIL: Warn, "dhcpsrv", "The lease {lease} with subnet-id {claimed} failed subnet-id checks ({reason}).";
    /// A stored lease was dropped: its subnet does not hold its address.
    DHCPSRV_LEASE_SANITY_FAIL_DISCARD: Info, "dhcpsrv", "The lease {lease} with subnet-id {claimed} failed subnet-id checks ({reason}) and was dropped.";
    /// A stored lease was put into the subnet that holds its address.
    DHCPSRV_LEASE_SANITY_FIXED: Info, "dhcpsrv", "The lease {lease} with subnet-id {claimed} failed subnet-id checks, but was corrected to subnet-id {right}.";
    /// The lease file is cleaned up from time to time.
    DHCPSRV_MEMFILE_LFC_SETUP: Info, "dhcpsrv", "setting up the Lease File Cleanup interval to {seconds} sec";
    /// Something is to be done from time to time.
    DHCPSRV_TIMERMGR_REGISTER_TIMER: Debug(40), "dhcpsrv", "registering timer: {timer}, using interval: {interval} ms";
    DHCPSRV_TIMERMGR_START_TIMER: Debug(40), "dhcpsrv", "starting timer: {timer}";
    DHCPSRV_TIMERMGR_RUN_TIMER_OPERATION: Debug(50), "dhcpsrv", "running operation for timer: {timer}";
    DHCPSRV_TIMERMGR_UNREGISTER_ALL_TIMERS: Debug(40), "dhcpsrv", "unregistering all timers";
    /// The server does not serve, so it does not reclaim either.
    DHCP4_RECLAIM_EXPIRED_LEASES_SKIPPED: Debug(40), "dhcp4", "dhcp4 service is disabled, leases are not reclaimed. The next try is in {seconds} seconds.";
    /// The server does not serve, so it does not reclaim either.
    DHCP6_RECLAIM_EXPIRED_LEASES_SKIPPED: Debug(40), "dhcp6", "dhcp6 service is disabled, leases are not reclaimed. The next try is in {seconds} seconds.";
    /// Leases that were reclaimed long ago are forgotten.
    DHCPSRV_MEMFILE_DELETE_EXPIRED_RECLAIMED4: Debug(50), "dhcpsrv", "deleting reclaimed IPv4 leases that expired more than {seconds} seconds ago";
    /// Leases that were reclaimed long ago are forgotten.
    DHCPSRV_MEMFILE_DELETE_EXPIRED_RECLAIMED6: Debug(50), "dhcpsrv", "deleting reclaimed IPv6 leases that expired more than {seconds} seconds ago";
    /// A clean-up of the lease file failed.
    DHCPSRV_MEMFILE_LFC_FAILED: Error, "dhcpsrv", "Lease File Cleanup failed: {reason}";

    /// A reservation in a database is none.
    DHCPSRV_HOST_UNUSABLE: Error, "hosts", "the reservation with the host_id {id} is left out: {reason}";

    /// A library of the configuration is in service.
    HOOKS_LIBRARY_LOADING: Debug(40), "hooks", "loading hooks library {library}";
    HOOKS_LIBRARY_LOADED: Info, "hooks", "hooks library {library} successfully loaded";
    HOOKS_LIBRARY_UNLOADING: Debug(40), "hooks", "unloading library {library}";
    /// A library is out of service: another configuration took effect.
    HOOKS_LIBRARY_UNLOADED: Info, "hooks", "hooks library {library} successfully unloaded";
    HOOKS_LIBRARY_CLOSED: Info, "hooks", "hooks library {library} successfully closed";

    /// A reclamation begins.
    ALLOC_ENGINE_V4_LEASES_RECLAMATION_START: Debug(40), "alloc-engine", "starting reclamation of expired leases (limit = {limit} leases or {timeout} milliseconds)";
    /// A reclamation is done.
    ALLOC_ENGINE_V4_LEASES_RECLAMATION_COMPLETE: Debug(40), "alloc-engine", "reclaimed {leases} leases in {time}";
    /// A reclamation took all the time that it may take.
    ALLOC_ENGINE_V4_LEASES_RECLAMATION_TIMEOUT: Debug(40), "alloc-engine", "timeout of {timeout} ms reached while reclaiming IPv4 leases";
    /// Nothing is left to reclaim.
    ALLOC_ENGINE_V4_NO_MORE_EXPIRED_LEASES: Debug(40), "alloc-engine", "all expired leases have been reclaimed";
    /// Reclamation could not be done.
    ALLOC_ENGINE_V4_LEASES_RECLAMATION_FAILED: Error, "alloc-engine", "reclamation of expired leases failed: {reason}";
    /// Reclamations in a row did not get through all expired leases.
    ALLOC_ENGINE_V4_LEASES_RECLAMATION_SLOW: Warn, "alloc-engine", "expired leases still exist after {count} reclamations";
    /// Reclaimed leases that were kept long enough are being forgotten.
    ALLOC_ENGINE_V4_RECLAIMED_LEASES_DELETE: Debug(40), "alloc-engine", "begin deletion of reclaimed leases expired more than {seconds} seconds ago";
    /// They were forgotten.
    ALLOC_ENGINE_V4_RECLAIMED_LEASES_DELETE_COMPLETE: Debug(40), "alloc-engine", "successfully deleted {leases} expired-reclaimed leases";
    /// They could not be forgotten.
    ALLOC_ENGINE_V4_RECLAIMED_LEASES_DELETE_FAILED: Error, "alloc-engine", "deletion of expired-reclaimed leases failed: {reason}";
    /// A reclamation begins.
    ALLOC_ENGINE_V6_LEASES_RECLAMATION_START: Debug(40), "alloc-engine", "starting reclamation of expired leases (limit = {limit} leases or {timeout} milliseconds)";
    /// A reclamation is done.
    ALLOC_ENGINE_V6_LEASES_RECLAMATION_COMPLETE: Debug(40), "alloc-engine", "reclaimed {leases} leases in {time}";
    /// A reclamation took all the time that it may take.
    ALLOC_ENGINE_V6_LEASES_RECLAMATION_TIMEOUT: Debug(40), "alloc-engine", "timeout of {timeout} ms reached while reclaiming IPv6 leases";
    /// Nothing is left to reclaim.
    ALLOC_ENGINE_V6_NO_MORE_EXPIRED_LEASES: Debug(40), "alloc-engine", "all expired leases have been reclaimed";
    /// Reclamation could not be done.
    ALLOC_ENGINE_V6_LEASES_RECLAMATION_FAILED: Error, "alloc-engine", "reclamation of expired leases failed: {reason}";
    /// Reclamations in a row did not get through all expired leases.
    ALLOC_ENGINE_V6_LEASES_RECLAMATION_SLOW: Warn, "alloc-engine", "expired leases still exist after {count} reclamations";
    /// Reclaimed leases that were kept long enough are being forgotten.
    ALLOC_ENGINE_V6_RECLAIMED_LEASES_DELETE: Debug(40), "alloc-engine", "begin deletion of reclaimed leases expired more than {seconds} seconds ago";
    /// They were forgotten.
    ALLOC_ENGINE_V6_RECLAIMED_LEASES_DELETE_COMPLETE: Debug(40), "alloc-engine", "successfully deleted {leases} expired-reclaimed leases";
    /// They could not be forgotten.
    ALLOC_ENGINE_V6_RECLAIMED_LEASES_DELETE_FAILED: Error, "alloc-engine", "deletion of expired-reclaimed leases failed: {reason}";
}
