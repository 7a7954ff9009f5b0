//! What the library says, as Kea's does.

log::messages! {
    /// The registry cannot be read any more: the users are those of before.
    USER_CHK_SUBNET4_SELECT_ERROR: Error, "user_chk", "DHCP UserCheckHook an unexpected error occurred in subnet4_select callout: {reason}";
    /// The registry cannot be read any more: the users are those of before.
    USER_CHK_SUBNET6_SELECT_ERROR: Error, "user_chk", "DHCP UserCheckHook an unexpected error occurred in subnet6_select callout: {reason}";
    /// The library cannot be loaded.
    USER_CHK_HOOK_LOAD_ERROR: Error, "user_chk", "DHCP UserCheckHook could not be loaded: {reason}";
}
