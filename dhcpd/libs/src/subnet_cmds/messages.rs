//! What `libdhcp_subnet_cmds.so` says, under Kea's identifiers.

log::messages! {
    /// The library is loaded.
    SUBNET_CMDS_INIT_OK: Info, "subnet-cmds-hooks", "loading Subnet Commands hooks library successful";
    /// The library is not loaded any more.
    SUBNET_CMDS_DEINIT_OK: Info, "subnet-cmds-hooks", "unloading Subnet Commands hooks library successful";
    /// Subnets were listed.
    SUBNET_CMDS_SUBNET_LIST: Info, "subnet-cmds-hooks", "successfully retrieved list of {count} {family} subnets";
    /// There are no subnets.
    SUBNET_CMDS_SUBNET_LIST_EMPTY: Info, "subnet-cmds-hooks", "no {family} subnets listed";
    /// A subnet was shown.
    SUBNET_CMDS_SUBNET_GET: Info, "subnet-cmds-hooks", "successfully retrieved subnet {subnet} having id {id}";
    /// There is no such subnet.
    SUBNET_CMDS_SUBNET_GET_EMPTY: Info, "subnet-cmds-hooks", "specified subnet is not found: {reason}";
    /// A subnet was added.
    SUBNET_CMDS_SUBNET_ADD: Info, "subnet-cmds-hooks", "successfully added subnet {subnet} having id {id}";
    /// A subnet was changed.
    SUBNET_CMDS_SUBNET_UPDATE: Info, "subnet-cmds-hooks", "successfully updated subnet {subnet} having id {id}";
    /// A subnet was deleted.
    SUBNET_CMDS_SUBNET_DEL: Info, "subnet-cmds-hooks", "successfully deleted subnet {subnet} having id {id}";
    /// Shared networks were listed.
    SUBNET_CMDS_NETWORK_LIST: Info, "subnet-cmds-hooks", "successfully retrieved list of {count} {family} shared networks";
    /// There are no shared networks.
    SUBNET_CMDS_NETWORK_LIST_EMPTY: Info, "subnet-cmds-hooks", "no {family} shared networks listed";
    /// A shared network was shown.
    SUBNET_CMDS_NETWORK_GET: Info, "subnet-cmds-hooks", "successfully retrieved shared network {name}";
    /// There is no such shared network.
    SUBNET_CMDS_NETWORK_GET_EMPTY: Info, "subnet-cmds-hooks", "specified shared network is not found: {reason}";
    /// A shared network was added.
    SUBNET_CMDS_NETWORK_ADD: Info, "subnet-cmds-hooks", "successfully added shared network {name}";
    /// A shared network was deleted.
    SUBNET_CMDS_NETWORK_DEL: Info, "subnet-cmds-hooks", "successfully deleted shared network {name}";
    /// A subnet is part of a shared network now.
    SUBNET_CMDS_NETWORK_SUBNET_ADD: Info, "subnet-cmds-hooks", "{family} subnet {subnet} (id {id}) added to shared network {name}";
    /// A subnet is not part of a shared network any more.
    SUBNET_CMDS_NETWORK_SUBNET_DEL: Info, "subnet-cmds-hooks", "{family} subnet {subnet} (id {id}) removed from shared network {name}";

    /// A subnet was not added.
    SUBNET_CMDS_SUBNET4_ADD_FAILED: Error, "subnet-cmds-hooks", "failed to add new IPv4 subnet: {reason}";
    /// A subnet was not changed.
    SUBNET_CMDS_SUBNET4_UPDATE_FAILED: Error, "subnet-cmds-hooks", "failed to update IPv4 subnet: {reason}";
    /// Parts of a subnet were not added.
    SUBNET_CMDS_SUBNET4_DELTA_ADD_FAILED: Error, "subnet-cmds-hooks", "failed to update IPv4 subnet: {reason}";
    /// Parts of a subnet were not deleted.
    SUBNET_CMDS_SUBNET4_DELTA_DEL_FAILED: Error, "subnet-cmds-hooks", "failed to update IPv4 subnet: {reason}";
    /// A subnet was not deleted.
    SUBNET_CMDS_SUBNET4_DEL_FAILED: Error, "subnet-cmds-hooks", "failed to delete IPv4 subnet: {reason}";
    /// A subnet was not shown.
    SUBNET_CMDS_SUBNET4_GET_FAILED: Error, "subnet-cmds-hooks", "failed to return an IPv4 subnet: {reason}";
    /// A shared network was not added.
    SUBNET_CMDS_NETWORK4_ADD_FAILED: Error, "subnet-cmds-hooks", "failed to add new IPv4 network: {reason}";
    /// A shared network was not deleted.
    SUBNET_CMDS_NETWORK4_DEL_FAILED: Error, "subnet-cmds-hooks", "failed to delete IPv4 network: {reason}";
    /// A shared network was not shown.
    SUBNET_CMDS_NETWORK4_GET_FAILED: Error, "subnet-cmds-hooks", "failed to return an IPv4 network: {reason}";
    /// A subnet did not become part of a shared network.
    SUBNET_CMDS_NETWORK4_SUBNET_ADD_FAILED: Error, "subnet-cmds-hooks", "failed to add existing IPv4 subnet to a shared network: {reason}";
    /// A subnet stays part of a shared network.
    SUBNET_CMDS_NETWORK4_SUBNET_DEL_FAILED: Error, "subnet-cmds-hooks", "failed to remove a IPv4 subnet from a shared network: {reason}";

    /// A subnet was not added.
    SUBNET_CMDS_SUBNET6_ADD_FAILED: Error, "subnet-cmds-hooks", "failed to add new IPv6 subnet: {reason}";
    /// A subnet was not changed.
    SUBNET_CMDS_SUBNET6_UPDATE_FAILED: Error, "subnet-cmds-hooks", "failed to update IPv6 subnet: {reason}";
    /// Parts of a subnet were not added.
    SUBNET_CMDS_SUBNET6_DELTA_ADD_FAILED: Error, "subnet-cmds-hooks", "failed to update IPv6 subnet: {reason}";
    /// Parts of a subnet were not deleted.
    SUBNET_CMDS_SUBNET6_DELTA_DEL_FAILED: Error, "subnet-cmds-hooks", "failed to update IPv6 subnet: {reason}";
    /// A subnet was not deleted.
    SUBNET_CMDS_SUBNET6_DEL_FAILED: Error, "subnet-cmds-hooks", "failed to delete IPv6 subnet: {reason}";
    /// A subnet was not shown.
    SUBNET_CMDS_SUBNET6_GET_FAILED: Error, "subnet-cmds-hooks", "failed to return an IPv6 subnet: {reason}";
    /// A shared network was not added.
    SUBNET_CMDS_NETWORK6_ADD_FAILED: Error, "subnet-cmds-hooks", "failed to add new IPv6 network: {reason}";
    /// A shared network was not deleted.
    SUBNET_CMDS_NETWORK6_DEL_FAILED: Error, "subnet-cmds-hooks", "failed to delete IPv6 network: {reason}";
    /// A shared network was not shown.
    SUBNET_CMDS_NETWORK6_GET_FAILED: Error, "subnet-cmds-hooks", "failed to return an IPv6 network: {reason}";
    /// A subnet did not become part of a shared network.
    SUBNET_CMDS_NETWORK6_SUBNET_ADD_FAILED: Error, "subnet-cmds-hooks", "failed to add existing IPv6 subnet to a shared network: {reason}";
    /// A subnet stays part of a shared network.
    SUBNET_CMDS_NETWORK6_SUBNET_DEL_FAILED: Error, "subnet-cmds-hooks", "failed to remove a IPv6 subnet from a shared network: {reason}";
}
