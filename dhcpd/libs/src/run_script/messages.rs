//! What the library says, as Kea's does.

log::messages! {
    /// The library is there.
    RUN_SCRIPT_LOAD: Info, "run-script-hooks", "Run Script hooks library has been loaded";
    /// The library is not there any more.
    RUN_SCRIPT_UNLOAD: Info, "run-script-hooks", "Run Script hooks library has been unloaded";
    /// The script lies outside of the folder for scripts.
    RUN_SCRIPT_PATH_SECURITY_WARNING: Warn, "run-script-hooks", "Run Script path specified is NOT SECURE: {reason}";
    /// The script could not be started.
    RUN_SCRIPT_FAILED: Error, "run-script-hooks", "{script} {point}: {reason}";
    /// The script does not keep up: nobody tells it of this.
    RUN_SCRIPT_QUEUE_FULL: Warn, "run-script-hooks", "{script} {point}: too many calls wait, this one is left out";
}
