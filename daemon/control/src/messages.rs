//! What the control channel says.

log::messages! {
    /// The daemon accepts commands at this socket from now on. If that fails, a message that follows says why.
    COMMAND_ACCEPTOR_START: Info, "commands", "Starting to accept connections via unix domain socket bound to {path}";
    /// What was received is no command.
    COMMAND_PROCESS_ERROR1: Warn, "commands", "Error while processing command: {reason}";
    /// A command could not be carried out since it is malformed.
    COMMAND_PROCESS_ERROR2: Warn, "commands", "Error while processing command: {reason}";
    /// A command was received and is carried out next.
    COMMAND_RECEIVED: Info, "commands", "Received command '{command}'";
    /// The command is there from now on.
    COMMAND_REGISTERED: Debug(10), "commands", "Command {command} registered";
    /// The command is gone.
    COMMAND_DEREGISTERED: Debug(10), "commands", "Command {command} deregistered";
    /// A connection could not be accepted; the socket stays in service.
    COMMAND_SOCKET_ACCEPT_FAIL: Error, "commands", "Failed to accept incoming connection on command socket {socket}: {reason}";
    /// A client went away before its command was complete.
    COMMAND_SOCKET_CLOSED_BY_FOREIGN_HOST: Info, "commands", "Closed command socket {socket} by foreign host, {discarded}";
    COMMAND_SOCKET_CONNECTION_CLOSED: Debug(10), "commands", "Closed socket {socket} for existing command connection";
    COMMAND_SOCKET_CONNECTION_OPENED: Debug(10), "commands", "Opened socket {socket} for incoming command connection";
    /// A client did not send the rest of its command, or did not take its answer, in time.
    COMMAND_SOCKET_CONNECTION_TIMEOUT: Info, "commands", "Timeout occurred for connection over socket {socket}";
    COMMAND_SOCKET_READ: Debug(10), "commands", "Received {bytes} bytes over command socket {socket}";
    COMMAND_SOCKET_READ_FAIL: Error, "commands", "Encountered error {reason} while reading from command socket {socket}";
    COMMAND_SOCKET_WRITE: Debug(10), "commands", "Sent response of {bytes} bytes ({left} bytes left to send) over command socket {socket}";
    COMMAND_SOCKET_WRITE_FAIL: Error, "commands", "Error while writing to command socket {socket} : {reason}";
    /// With -X the socket may lie where others can reach it.
    COMMAND_UNIX_SOCKET_PATH_SECURITY_WARNING: Warn, "commands", "unix socket path is NOT SECURE: {reason}";
    /// With -X the socket's folder may be open to others.
    COMMAND_UNIX_SOCKET_PERMISSIONS_SECURITY_WARNING: Warn, "commands", "unix socket permissions are NOT SECURE: {reason}";
    /// Anybody who reaches the socket may send commands.
    COMMAND_HTTP_SOCKET_SECURITY_WARNING: Warn, "commands", "command socket configuration is NOT SECURE: {reason}";
    /// A listener for certain commands got another one.
    COMMAND_HTTP_LISTENER_COMMAND_REJECTED: Debug(10), "commands", "Command HTTP listener rejected command '{command}' from '{peer}'";
    HTTPS_REQUEST_RECEIVE_START: Debug(50), "http", "start receiving request from {peer}";
    /// What came is no POST of JSON; its sender is told no more than that.
    HTTP_BAD_CLIENT_REQUEST_RECEIVED: Debug(40), "http", "bad request received from {peer}: {reason}";
    /// What a server answered is no response, or no answer.
    HTTP_BAD_SERVER_RESPONSE_RECEIVED: Debug(40), "http", "bad response received when communicating with {url}: {reason}";
    /// A password stands in the configuration, where everybody finds it who may read the configuration.
    HTTP_CLIENT_PASSWORD_SECURITY_WARNING: Info, "auth", "use of clear text 'password' is NOT SECURE: {position}";
    HTTP_CLIENT_REQUEST_AUTHORIZED: Info, "auth", "received HTTP request authorized for '{user}'";
    HTTP_CLIENT_REQUEST_BAD_AUTH_HEADER: Info, "auth", "received HTTP request with malformed authentication header: {reason}";
    /// Nobody has this user and this password.
    HTTP_CLIENT_REQUEST_NOT_AUTHORIZED: Info, "auth", "received HTTP request with not matching authentication header";
    HTTP_CLIENT_REQUEST_NO_AUTH_HEADER: Info, "auth", "received HTTP request without required authentication header";
    HTTP_CLIENT_REQUEST_RECEIVED: Debug(40), "http", "received HTTP request from {peer}";
    HTTP_CLIENT_REQUEST_SEND: Debug(40), "http", "sending HTTP request {request} to {url}";
    /// A client did not send the rest of its request in time.
    HTTP_CLIENT_REQUEST_TIMEOUT_OCCURRED: Debug(50), "http", "HTTP request timeout occurred when communicating with {peer}";
    /// A user stands in the configuration, where everybody finds it who may read the configuration.
    HTTP_CLIENT_USER_SECURITY_WARNING: Info, "auth", "use of clear text 'user' is NOT SECURE: {position}";
    /// A socket that stays cannot go over from HTTPS to HTTP.
    HTTP_COMMAND_MGR_HTTPS_SERVICE_REUSE_FAILED: Error, "commands", "failed to reused HTTPS service bound to address: {address} port: {port}";
    HTTP_COMMAND_MGR_HTTPS_SERVICE_UPDATED: Info, "commands", "reused HTTPS service bound to address: {address} port: {port} and updated TLS settings";
    /// A socket that stays cannot go over from HTTP to HTTPS.
    HTTP_COMMAND_MGR_HTTP_SERVICE_REUSE_FAILED: Error, "commands", "failed to reused HTTP service bound to address: {address} port: {port}";
    HTTP_COMMAND_MGR_HTTP_SERVICE_UPDATED: Info, "commands", "reused HTTP service bound to address: {address} port: {port}";
    HTTP_COMMAND_MGR_SERVICE_STARTED: Info, "commands", "started {kind} service bound to address: {address} port: {port}";
    HTTP_COMMAND_MGR_SERVICE_STOPPING: Info, "commands", "Server is stopping {kind} service {place}";
    /// A client is not trusted, does not trust the server, or speaks no TLS.
    HTTP_CONNECTION_HANDSHAKE_FAILED: Info, "http", "TLS handshake with {peer} failed with {reason}";
    HTTP_CONNECTION_HANDSHAKE_START: Debug(50), "http", "start TLS handshake with {peer} with timeout {seconds}";
    HTTP_CONNECTION_STOP: Debug(40), "http", "stopping HTTP connection from {peer}";
    HTTP_DATA_RECEIVED: Debug(55), "http", "received {bytes} bytes from {peer}";
    /// A client kept its connection and asked for nothing.
    HTTP_IDLE_CONNECTION_TIMEOUT_OCCURRED: Debug(50), "http", "closing persistent connection with {peer} as a result of a timeout";
    HTTP_REQUEST_RECEIVE_START: Debug(50), "http", "start receiving request from {peer} with timeout {seconds}";
    HTTP_SERVER_RESPONSE_RECEIVED: Debug(40), "http", "received HTTP response from {url}";
    HTTP_SERVER_RESPONSE_SEND: Debug(40), "http", "sending HTTP response {response} to {peer}";
}
