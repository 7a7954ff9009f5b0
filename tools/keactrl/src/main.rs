//! keactrl: starts, stops and asks the daemons.
fn main() {}
