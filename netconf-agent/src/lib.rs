//! kea-netconf: SSH transport, sessions, datastores, the daemons as clients.
