//! What the library says, as Kea's does.

log::messages! {
    /// No identifier is computed: the library is there for `ignore-iaid` alone.
    FLEX_ID_NO_IDENTIFIER_EXPRESSION: Debug(40), "flex-id-hooks", "identifier-expression is either not specified or empty";
    /// Clients with several associations of a kind are left alone.
    FLEX_ID_IGNORE_IAID_ENABLED: Warn, "flex-id-hooks", "the ignore-iaid is set. It only has an effect on clients with at most one IA_NA and one IA_PD.";
    /// The identifier of a query, where it is text.
    FLEX_ID_EXPRESSION_EVALUATED: Debug(40), "flex-id-hooks", "Expression evaluated for packet to \"{id}\" (size: {size})";
    /// The identifier of a query, where it is no text.
    FLEX_ID_EXPRESSION_EVALUATED_NP: Debug(40), "flex-id-hooks", "Expression evaluated for packet to 0x{id} (size: {size})";
    /// The identifier of a query in hexadecimal digits, as other messages have it.
    FLEX_ID_EXPRESSION_HEX: Debug(40), "flex-id-hooks", "evaluated expression in hexadecimal form \"{id}\"";
    /// The expression failed; the client has no flexible identifier.
    FLEX_ID_EXPRESSION_FAILED: Error, "flex-id-hooks", "{client}: the identifier-expression failed: {reason}";
    /// It stands in the place of the client's own identifier.
    FLEX_ID_USED_AS_CLIENT_ID: Debug(40), "flex-id-hooks", "using flexible identifier \"{id}\" as client identifier";
    /// It stands in the place of the client's own DUID.
    FLEX_ID_USED_AS_DUID: Debug(40), "flex-id-hooks", "using flexible identifier \"{id}\" as DUID";
    /// The answer carries what the client sent.
    FLEX_ID_RESTORE_CLIENT_ID: Debug(40), "flex-id-hooks", "restoring original client identifier '{id}' in the response";
    /// The answer carries what the client sent.
    FLEX_ID_RESTORE_DUID: Debug(40), "flex-id-hooks", "restoring original DUID \"{id}\" in the response";
    /// The client is served under the IAID 0.
    FLEX_ID_IGNORE_IAID_APPLIED_ON_NA: Debug(40), "flex-id-hooks", "the ignore-iaid has changed IAID ({iaid}) to 0 for the IA_NA option.";
    /// The client is served under the IAID 0.
    FLEX_ID_IGNORE_IAID_APPLIED_ON_PD: Debug(40), "flex-id-hooks", "the ignore-iaid has changed IAID ({iaid}) to 0 for the IA_PD option.";
    /// Several associations cannot be told apart without their IAIDs.
    FLEX_ID_IGNORE_IAID_NOT_APPLIED_ON_NA: Debug(40), "flex-id-hooks", "the ignore-iaid was not applied on the packet because it contains more than one IA_NA.";
    /// Several associations cannot be told apart without their IAIDs.
    FLEX_ID_IGNORE_IAID_NOT_APPLIED_ON_PD: Debug(40), "flex-id-hooks", "the ignore-iaid was not applied on the packet because it contains more than one IA_PD.";
    /// The library is not loaded any more.
    FLEX_ID_UNLOAD: Info, "flex-id-hooks", "Flex-id library has been unloaded.";
}
