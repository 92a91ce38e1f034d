//! The provd binary.

fn main() {}
