//! What the kernel hands over: UDP datagrams to DHCP servers. All else it drops, so that it costs nothing here.
//!
//! The filter is classic BPF (bpf(4) of BSD, `networking/filter` of Linux). Fragments are dropped: only the first one tells
//! its port, and no client sends messages that long.

use std::io;

use socket2::{SockFilter, Socket};

use super::packet::SERVER_PORT;

/// Instructions: load into A (a byte, half a word, a word; at a place or at one after X), X from the length of the header at
/// a place, jump if equal, jump if any of the bits is set, end.
const LOAD_BYTE: u16 = 0x30;
const LOAD_HALF: u16 = 0x28;
const LOAD_WORD: u16 = 0x20;
const LOAD_HALF_AFTER_X: u16 = 0x48;
const LOAD_X_HEADER_LENGTH: u16 = 0xb1;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_SET: u16 = 0x45;
const END: u16 = 0x06;

/// Where Linux shows the number of the network interface: `SKF_AD_OFF + SKF_AD_IFINDEX`.
const INTERFACE: u32 = 0xffff_f000 + 8;

/// Filters a packet socket without link headers; from these interfaces alone, unless there are none.
pub(super) fn attach(socket: &Socket, interfaces: &[u32]) -> io::Result<()> {
    socket.attach_filter(&program(interfaces))
}

fn program(interfaces: &[u32]) -> Vec<SockFilter> {
    let mut program = vec![
        SockFilter::new(LOAD_BYTE, 0, 0, 9),
        SockFilter::new(JUMP_IF_EQUAL, 1, 0, 17),
        drop_packet(),
        SockFilter::new(LOAD_HALF, 0, 0, 6),
        SockFilter::new(JUMP_IF_SET, 0, 1, 0x3fff),
        drop_packet(),
        SockFilter::new(LOAD_X_HEADER_LENGTH, 0, 0, 0),
        SockFilter::new(LOAD_HALF_AFTER_X, 0, 0, 2),
        SockFilter::new(JUMP_IF_EQUAL, 1, 0, u32::from(SERVER_PORT)),
        drop_packet(),
    ];
    if !interfaces.is_empty() {
        program.push(SockFilter::new(LOAD_WORD, 0, 0, INTERFACE));
        for interface in interfaces {
            program.push(SockFilter::new(JUMP_IF_EQUAL, 0, 1, *interface));
            program.push(take());
        }
        program.push(drop_packet());
    }
    program.push(take());
    program
}

fn drop_packet() -> SockFilter {
    SockFilter::new(END, 0, 0, 0)
}

/// All of it.
fn take() -> SockFilter {
    SockFilter::new(END, 0, 0, u32::MAX)
}
