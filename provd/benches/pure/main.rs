//! What the core works out without waiting for anybody: which plugins are asked about a request, what a config amounts to,
//! and TFTP packets.
//!
//! `cargo bench -p provd --bench pure`, with part of a name to measure only that.

#![expect(clippy::expect_used, reason = "a benchmark of what cannot be set up is none")]

mod filters;
mod merge;
mod packets;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    filters::measure(&mut criterion);
    merge::measure(&mut criterion);
    packets::measure(&mut criterion);
    criterion.final_summary();
}
