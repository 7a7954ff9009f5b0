//! What the library says, as Kea's does.

log::messages! {
    /// Classes of clients are not known yet where options of queries are changed.
    FLEX_OPTION_CONFIG_USELESS_CLASS: Warn, "flex-option-hooks", "For the option code {code} the client class {class} is required before classification for a query destination";
    /// Classes of clients are not known yet where options of queries are changed.
    FLEX_OPTION_CONFIG_SUB_USELESS_CLASS: Warn, "flex-option-hooks", "For the sub-option code {sub} in option code {code} the client class {class} is required before classification for a query destination";
    /// Classes of clients are not known yet where options of queries are changed.
    FLEX_OPTION_CONFIG_USELESS_MEMBER: Warn, "flex-option-hooks", "For the option code {code} the member expression {expression} is evaluated before classification for a query destination";
    /// Classes of clients are not known yet where options of queries are changed.
    FLEX_OPTION_CONFIG_SUB_USELESS_MEMBER: Warn, "flex-option-hooks", "For the sub-option code {sub} in option code {code} the member expression {expression} is evaluated before classification for a query destination";
    /// An option was made.
    FLEX_OPTION_PROCESS_ADD: Debug(40), "flex-option-hooks", "Added the option code {code} with value {value}";
    /// An option was made, whether it was there or not.
    FLEX_OPTION_PROCESS_SUPERSEDE: Debug(40), "flex-option-hooks", "Supersedes the option code {code} with value {value}";
    /// An option was taken away.
    FLEX_OPTION_PROCESS_REMOVE: Debug(40), "flex-option-hooks", "Removed option code {code}";
    /// An option inside of another was made.
    FLEX_OPTION_PROCESS_SUB_ADD: Debug(40), "flex-option-hooks", "Added the sub-option code {sub} in option code {code} with value {value}";
    /// An option inside of another was made, whether it was there or not.
    FLEX_OPTION_PROCESS_SUB_SUPERSEDE: Debug(40), "flex-option-hooks", "Supersedes the sub-option code {sub} in option code {code} with value {value}";
    /// An option inside of another was taken away.
    FLEX_OPTION_PROCESS_SUB_REMOVE: Debug(40), "flex-option-hooks", "Removed sub-option code {sub} in option code {code}";
    /// It is for other clients.
    FLEX_OPTION_PROCESS_CLIENT_CLASS: Debug(40), "flex-option-hooks", "Skip processing of the option code {code} for class '{class}'";
    /// It is for other clients.
    FLEX_OPTION_PROCESS_SUB_CLIENT_CLASS: Debug(40), "flex-option-hooks", "Skip processing of the sub-option code {sub} in option code {code} for class '{class}'";
    /// The vendor's option is another vendor's.
    FLEX_OPTION_PROCESS_VENDOR_ID_MISMATCH: Debug(40), "flex-option-hooks", "Skip processing of vendor option code {code} with vendor id {found} not matching wanted {wanted}";
    /// An expression failed, or its value is none of the option's type; the option stays as it is.
    FLEX_OPTION_PROCESS_ERROR: Error, "flex-option-hooks", "An error occurred processing query {client}: {reason}";
    /// The library is not there any more.
    FLEX_OPTION_UNLOAD: Info, "flex-option-hooks", "Flex Option hooks library has been unloaded";
}
