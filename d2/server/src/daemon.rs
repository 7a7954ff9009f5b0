//! The daemon: configuration in two phases, life cycle, and what joins the parts.
