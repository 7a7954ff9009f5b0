//! docs/reference: the manual of parameters, messages and statistics, made from what the sources declare.
//!
//! `UPDATE_DOCS=1 cargo test -p docs` writes the pages; without the variable the same test tells which are stale. There
//! is nothing to run here, so that nobody builds it who does not test.

#[cfg(test)]
mod messages;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod statistics;
#[cfg(test)]
mod unsupported;
