//! What the library says, as Kea's does.

log::messages! {
    /// The library is there.
    DDNS_TUNING_LOAD_OK: Info, "ddns-tuning-hooks", "DDNS Tuning hooks library loaded successfully.";
    /// The library is not there any more.
    DDNS_TUNING_UNLOAD: Info, "ddns-tuning-hooks", "DDNS Tuning hooks library has been unloaded";
    /// The expression for subnets that have none of their own.
    DDNS_TUNING_GLOBAL_EXPR_SET: Info, "ddns-tuning-hooks", "Global hostname expression set to: {expression}";
    /// The subnet is served as if it had no expression.
    DDNS_TUNING_SUBNET_EXPRESSION_PARSE_ERROR: Error, "ddns-tuning-hooks", "An error occurred while parsing the hostname expression for subnet {subnet}, {reason}";
    /// The expression's name takes the place of another one.
    DDNS_TUNING4_CALCULATED_HOSTNAME: Debug(40), "ddns-tuning-hooks", "Replacing host name: {old}, with calculated host name: {new}, for query: {query}";
    /// The expression's name takes the place of another one.
    DDNS_TUNING6_CALCULATED_HOSTNAME: Debug(40), "ddns-tuning-hooks", "Replacing host name: {old}, with calculated host name: {new}, for query: {query}";
    /// The expression failed; the client keeps its name.
    DDNS_TUNING4_PROCESS_ERROR: Error, "ddns-tuning-hooks", "An error occurred processing query {query}: {reason}";
    /// The expression failed; the client keeps its name.
    DDNS_TUNING6_PROCESS_ERROR: Error, "ddns-tuning-hooks", "An error occurred processing query {query}: {reason}";
    /// The DNS does not hear of the client.
    DDNS_TUNING4_SKIPPING_DDNS: Debug(40), "ddns-tuning-hooks", "Client is a member matches SKIP_DDNS class, skipping DDNS updates, query: {query}";
    /// The DNS does not hear of the client.
    DDNS_TUNING6_SKIPPING_DDNS: Debug(40), "ddns-tuning-hooks", "Client is a member matches SKIP_DDNS class, skipping DDNS updates, query: {query}";
}
