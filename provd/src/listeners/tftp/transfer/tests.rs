//! The state machine of a transfer, without sockets: losses, duplicates, rollover.

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn begin(length: u64, window: u16) -> (Transfer, Step, Instant) {
    begin_with(length, &Agreement { block_size: 10, window, ..Agreement::default() })
}

fn begin_with(length: u64, agreement: &Agreement) -> (Transfer, Step, Instant) {
    let now = Instant::now();
    let (transfer, step) = Transfer::begin(length, agreement, &TftpSettings::default(), now);
    (transfer, step, now)
}

#[test]
fn a_short_file_is_one_block() {
    let (mut transfer, step, now) = begin(9, 1);
    assert_eq!(step, Step::Send(1..=1));
    assert_eq!(transfer.on_ack(1, now), Step::Finished);
}

#[test]
fn an_empty_file_is_one_empty_block() {
    let (mut transfer, step, now) = begin(0, 1);
    assert_eq!(step, Step::Send(1..=1));
    assert_eq!(transfer.on_ack(1, now), Step::Finished);
}

#[test]
fn a_multiple_of_the_block_size_ends_with_an_empty_block() {
    let (mut transfer, _, now) = begin(20, 1);
    assert_eq!(transfer.on_ack(1, now), Step::Send(2..=2));
    assert_eq!(transfer.on_ack(2, now), Step::Send(3..=3));
    assert_eq!(transfer.on_ack(3, now), Step::Finished);
}

#[test]
fn options_are_acknowledged_as_block_0() {
    let accepted = vec![("tsize".to_owned(), 9)];
    let (mut transfer, step, now) = begin_with(9, &Agreement { accepted, ..Agreement::default() });
    assert_eq!(step, Step::SendOptions);
    assert_eq!(transfer.on_ack(1, now), Step::Wait);
    assert_eq!(transfer.on_deadline(now + SECOND), Step::SendOptions);
    assert_eq!(transfer.on_ack(0, now), Step::Send(1..=1));
    assert_eq!(transfer.on_ack(0, now), Step::Wait);
}

#[test]
fn a_duplicate_acknowledgement_neither_sends_nor_restarts_the_clock() {
    let (mut transfer, _, now) = begin(100, 1);
    assert_eq!(transfer.on_ack(1, now), Step::Send(2..=2));
    let deadline = transfer.deadline();
    for _ in 0..5 {
        assert_eq!(transfer.on_ack(1, now + SECOND / 2), Step::Wait);
    }
    assert_eq!(transfer.deadline(), deadline);
}

#[test]
fn acknowledgements_of_the_past_and_the_future_are_overlooked() {
    let (mut transfer, _, now) = begin(100, 1);
    transfer.on_ack(1, now);
    transfer.on_ack(2, now);
    for number in [0, 1, 4, 5, 65535] {
        assert_eq!(transfer.on_ack(number, now), Step::Wait, "{number}");
    }
    assert_eq!(transfer.on_ack(3, now), Step::Send(4..=4));
}

#[test]
fn an_acknowledgement_within_a_window_resumes_from_the_next_block() {
    let (mut transfer, step, now) = begin(95, 4);
    assert_eq!(step, Step::Send(1..=4));
    assert_eq!(transfer.on_ack(2, now), Step::Send(3..=6));
    assert_eq!(transfer.on_ack(6, now), Step::Send(7..=10));
    assert_eq!(transfer.on_ack(10, now), Step::Finished);
}

#[test]
fn the_loss_of_a_first_block_of_a_window_is_believed_once() {
    let (mut transfer, _, now) = begin(1000, 4);
    assert_eq!(transfer.on_ack(4, now), Step::Send(5..=8));
    assert_eq!(transfer.on_ack(4, now), Step::Send(5..=8));
    assert_eq!(transfer.on_ack(4, now), Step::Wait);
    assert_eq!(transfer.on_ack(8, now), Step::Send(9..=12));
    assert_eq!(transfer.on_ack(8, now), Step::Send(9..=12));
}

#[test]
fn silence_is_answered_ever_more_slowly_and_then_not_at_all() {
    let (mut transfer, _, start) = begin(100, 1);
    let mut waits = Vec::new();
    let mut now = start;
    loop {
        waits.push((transfer.deadline() - now).as_secs());
        now = transfer.deadline();
        match transfer.on_deadline(now) {
            Step::Abandoned => break,
            step => assert_eq!(step, Step::Send(1..=1)),
        }
    }
    assert_eq!(waits, [1, 2, 4, 8, 8, 8]);
}

#[test]
fn progress_makes_patience_new() {
    let (mut transfer, _, now) = begin(100, 1);
    transfer.on_deadline(now);
    transfer.on_deadline(now);
    transfer.on_ack(1, now);
    assert_eq!(transfer.deadline() - now, SECOND);
}

#[test]
fn the_timeout_asked_for_counts_once_the_client_has_answered() {
    let timeout = Some(Duration::from_secs(200));
    let (mut transfer, _, now) = begin_with(1000, &Agreement { timeout, ..Agreement::default() });
    assert_eq!(transfer.deadline() - now, SECOND);
    transfer.on_ack(1, now);
    assert_eq!(transfer.deadline() - now, 200 * SECOND);
}

#[test]
fn numbers_roll_over_to_0() {
    assert_eq!([65535, 65536, 65537, 131_072].map(wire_number), [65535, 0, 1, 0]);
}

proptest! {
    /// Whatever a client acknowledges, blocks are sent in order, within the window, and never beyond the end.
    #[test]
    fn windows_stay_within_the_file(
        length in 0_u64..5000,
        window in 1_u16..20,
        numbers in prop::collection::vec(prop_oneof![0_u16..520, any::<u16>()], 0..200),
    ) {
        let (mut transfer, mut step, now) = begin(length, window);
        for number in numbers {
            if let Step::Send(blocks) = &step {
                prop_assert!(*blocks.start() >= 1 && *blocks.end() <= length / 10 + 1);
                prop_assert!(blocks.end() - blocks.start() < u64::from(window));
            }
            step = transfer.on_ack(number, now);
            if step == Step::Finished {
                return Ok(());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Over a network that loses one packet in five, either way, everything arrives, also past the roll-over.
    #[test]
    fn a_lossy_network_still_delivers(length in 650_000_u64..700_000, window in 1_u16..=16, seed in any::<u64>()) {
        let mut lost = losses(seed);
        let settings = TftpSettings { max_retries: 1000, ..TftpSettings::default() };
        let agreement = Agreement { block_size: 10, window, ..Agreement::default() };
        let now = Instant::now();
        let (mut transfer, mut step) = Transfer::begin(length, &agreement, &settings, now);
        let mut received = 0;
        while step != Step::Finished {
            prop_assert_ne!(&step, &Step::Abandoned);
            if let Step::Send(blocks) = step {
                for block in blocks {
                    if !lost() && block == received + 1 {
                        received = block;
                    }
                }
            }
            step = if lost() { Step::Wait } else { transfer.on_ack(wire_number(received), now) };
            if step == Step::Wait {
                step = transfer.on_deadline(now);
            }
        }
        prop_assert_eq!(received, length / 10 + 1);
    }
}

/// Says of one packet after the other whether it is lost.
fn losses(seed: u64) -> impl FnMut() -> bool {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33).is_multiple_of(5)
    }
}
