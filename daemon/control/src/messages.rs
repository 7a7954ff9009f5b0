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
}
