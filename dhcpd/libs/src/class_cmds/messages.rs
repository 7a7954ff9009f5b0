//! What `libdhcp_class_cmds.so` says, under Kea's identifiers.

log::messages! {
    /// The library is loaded.
    CLASS_CMDS_INIT_OK: Info, "class-cmds-hooks", "loading Class Commands hooks library successful";
    /// The library is not loaded any more.
    CLASS_CMDS_DEINIT_OK: Info, "class-cmds-hooks", "unloading Class Commands hooks library successful";
    /// A class was added.
    CLASS_CMDS_CLASS_ADD: Info, "class-cmds-hooks", "class added: {name}";
    /// A class was not added.
    CLASS_CMDS_CLASS_ADD_FAILED: Error, "class-cmds-hooks", "failed to add a new class: {reason}";
    /// A class was changed.
    CLASS_CMDS_CLASS_UPDATE: Info, "class-cmds-hooks", "class updated: {name}";
    /// There is no class of this name to be changed.
    CLASS_CMDS_CLASS_UPDATE_EMPTY: Info, "class-cmds-hooks", "class not updated (not found): {reason}";
    /// A class was not changed.
    CLASS_CMDS_CLASS_UPDATE_FAILED: Error, "class-cmds-hooks", "failed to update a class: {reason}";
    /// A class was deleted.
    CLASS_CMDS_CLASS_DEL: Info, "class-cmds-hooks", "class deleted: {name}";
    /// There is no class of this name to be deleted.
    CLASS_CMDS_CLASS_DEL_EMPTY: Info, "class-cmds-hooks", "class not deleted (not found): {reason}";
    /// A class was not deleted.
    CLASS_CMDS_CLASS_DEL_FAILED: Error, "class-cmds-hooks", "failed to delete a class: {reason}";
    /// A class was shown.
    CLASS_CMDS_CLASS_GET: Info, "class-cmds-hooks", "successfully retrieved a class: {name}";
    /// There is no class of this name to be shown.
    CLASS_CMDS_CLASS_GET_EMPTY: Info, "class-cmds-hooks", "specified class was not found: {reason}";
    /// A class was not shown.
    CLASS_CMDS_CLASS_GET_FAILED: Error, "class-cmds-hooks", "failed to retrieve a class: {reason}";
    /// The names of classes were told.
    CLASS_CMDS_CLASS_LIST: Info, "class-cmds-hooks", "successfully retrieved classes names";
    /// There is no class.
    CLASS_CMDS_CLASS_LIST_EMPTY: Info, "class-cmds-hooks", "no class was found";
}
