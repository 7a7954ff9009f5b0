//! DNS UPDATE and TSIG messages.
