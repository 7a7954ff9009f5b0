//! What every daemon is: command line, PID file, signals, life cycle.
