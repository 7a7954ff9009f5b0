//! Commands: table, unix control channel, server and client.
