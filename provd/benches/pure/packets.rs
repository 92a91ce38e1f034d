//! What TFTP clients send, taken apart, and what they are sent, put together.

use criterion::{Criterion, Throughput};
use provd::listeners::tftp::packet::{ClientPacket, ErrorCode, add_data, error, options};

/// Bytes of a block that just fits an Ethernet frame.
const BLOCK: usize = 1468;

pub(crate) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tftp");
    let request: &[u8] =
        b"\0\x01SEP00085D237429.cnf.xml\0octet\0blksize\x001468\0tsize\x000\0windowsize\x0016\0";
    group.bench_function("read a request", |bencher| bencher.iter(|| ClientPacket::parse(request)));
    group.bench_function("read an acknowledgement", |bencher| {
        bencher.iter(|| ClientPacket::parse(std::hint::black_box(b"\0\x04\x01\x02")));
    });
    let accepted = [("blksize".to_owned(), 1468), ("tsize".to_owned(), 1_234_567)];
    group.bench_function("write options", |bencher| bencher.iter(|| options(&accepted)));
    group.bench_function("write an error", |bencher| {
        bencher.iter(|| error(ErrorCode::FileNotFound, "File not found"));
    });
    let (mut buffer, payload) = (Vec::new(), [0x5A; BLOCK]);
    group.throughput(Throughput::Bytes(BLOCK as u64));
    group.bench_function("write a block", |bencher| {
        bencher.iter(|| {
            buffer.clear();
            add_data(&mut buffer, 7, &payload);
        });
    });
    group.finish();
}
