//! What the library says, as Kea's does.

log::messages! {
    /// A limit on the leases of a class.
    LIMITS_CONFIGURED_ADDRESS_LIMIT_BY_CLIENT_CLASS: Debug(40), "limits-hooks", "New lease limit of {limit} addresses for client class {class} has been configured.";
    /// A limit on the leases of a subnet.
    LIMITS_CONFIGURED_ADDRESS_LIMIT_BY_SUBNET: Debug(40), "limits-hooks", "New lease limit of {limit} addresses for subnet with ID {subnet} has been configured.";
    /// A limit on the prefixes of a class.
    LIMITS_CONFIGURED_PREFIX_LIMIT_BY_CLIENT_CLASS: Debug(40), "limits-hooks", "New lease limit of {limit} prefixes for client class {class} has been configured.";
    /// A limit on the prefixes of a subnet.
    LIMITS_CONFIGURED_PREFIX_LIMIT_BY_SUBNET: Debug(40), "limits-hooks", "New lease limit of {limit} prefixes for subnet with ID {subnet} has been configured.";
    /// A limit on the packets of a class.
    LIMITS_CONFIGURED_RATE_LIMIT_BY_CLIENT_CLASS: Debug(40), "limits-hooks", "New rate limit of {limit} for client class {class} has been configured.";
    /// A limit on the packets of a subnet.
    LIMITS_CONFIGURED_RATE_LIMIT_BY_SUBNET: Debug(40), "limits-hooks", "New rate limit of {limit} for subnet with ID {subnet} has been configured.";
    /// A client gets no lease: there are as many as may be.
    LIMITS_LEASE_LIMIT_EXCEEDED: Debug(40), "limits-hooks", "Lease was not allocated due to exceeding {limit}.";
    /// A client gets a lease that counts towards a limit.
    LIMITS_LEASE_WITHIN_LIMITS: Debug(40), "limits-hooks", "Lease with address {address} is within limits.";
    /// A packet is of no subnet.
    LIMITS_PACKET_WIIH_SUBNET_ID_RATE_NO_SUBNET: Debug(55), "limits-hooks", "Packet is not being rate limited due to no subnet specified.";
    /// A packet is one too many for its class.
    LIMITS_PACKET_WITH_CLIENT_CLASSES_RATE_LIMIT_DROPPED: Debug(40), "limits-hooks", "Packet assigned to client classes {classes} is being dropped for exceeding the rate limit of {limit} for client class {class}.";
    /// A packet counts towards the limits of its classes.
    LIMITS_PACKET_WITH_CLIENT_CLASSES_RATE_LIMIT_HONORED: Debug(55), "limits-hooks", "Packet assigned to client classes {classes} is being honored.";
    /// A packet is one too many for its subnet.
    LIMITS_PACKET_WITH_SUBNET_ID_RATE_LIMIT_DROPPED: Debug(40), "limits-hooks", "Packet assigned to subnet with ID {subnet} is being dropped for exceeding the rate limit of {limit}.";
    /// A packet counts towards the limit of its subnet.
    LIMITS_PACKET_WITH_SUBNET_ID_RATE_LIMIT_HONORED: Debug(55), "limits-hooks", "Packet under subnet with ID {subnet} and limit {limit} is being honored.";
}
