//! Message catalogue and Kea's log outputs.
