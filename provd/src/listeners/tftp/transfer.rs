//! One transfer as a state machine: which blocks to send when an acknowledgement arrives or does not.
//!
//! Pure; the time is told to it. Only progress and an expired deadline move the deadline. A duplicate acknowledgement
//! never does, and is not answered either where each block is acknowledged on its own: otherwise one delayed packet
//! makes every following block travel twice ("sorcerer's apprentice", RFC 1123 §4.2.3.1).

use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::time::Instant;

use super::options::Agreement;
use super::settings::TftpSettings;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Send the OACK.
    SendOptions,
    /// Send these blocks, counted from 1 without rolling over; see [`wire_number`].
    Send(RangeInclusive<u64>),
    /// Nothing but wait.
    Wait,
    /// Everything has arrived.
    Finished,
    /// The client has been silent for too long.
    Abandoned,
}

/// Where a transfer stands.
#[derive(Debug)]
pub(super) struct Transfer {
    blocks: u64,
    window: u64,
    acknowledged: u64,
    sent: u64,
    options_pending: bool,
    duplicate_answered: bool,
    pace: Pace,
    retries: u32,
    deadline: Instant,
}

/// How long to wait before sending again.
#[derive(Debug)]
struct Pace {
    first: Duration,
    longest: Duration,
    max_retries: u32,
    /// Counts only once the client has answered: a forged request must not bind resources for minutes.
    asked: Option<Duration>,
    answered: bool,
}

impl Transfer {
    /// A transfer of `length` octets, and its first step.
    pub(super) fn begin(
        length: u64,
        agreement: &Agreement,
        settings: &TftpSettings,
        now: Instant,
    ) -> (Transfer, Step) {
        let pace = Pace {
            first: settings.first_wait,
            longest: settings.longest_wait,
            max_retries: settings.max_retries,
            asked: agreement.timeout,
            answered: false,
        };
        let mut transfer = Transfer {
            // A last block is always shorter than the others, if need be empty.
            blocks: length / u64::from(agreement.block_size) + 1,
            window: agreement.window.into(),
            acknowledged: 0,
            sent: 0,
            options_pending: !agreement.accepted.is_empty(),
            duplicate_answered: false,
            deadline: now + pace.wait(0),
            pace,
            retries: 0,
        };
        let step = if transfer.options_pending { Step::SendOptions } else { transfer.next_window() };
        (transfer, step)
    }

    /// When [`Transfer::on_deadline`] is due.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The client acknowledged the block that has this number on the wire.
    pub(super) fn on_ack(&mut self, number: u16, now: Instant) -> Step {
        self.pace.answered = true;
        let ahead = u64::from(number.wrapping_sub(wire_number(self.acknowledged)));
        if self.options_pending {
            if ahead != 0 {
                return Step::Wait;
            }
            self.options_pending = false;
        } else if ahead == 0 {
            return self.on_duplicate();
        } else if self.acknowledged + ahead > self.sent {
            return Step::Wait;
        }
        self.acknowledged += ahead;
        self.duplicate_answered = false;
        self.retries = 0;
        self.deadline = now + self.pace.wait(0);
        if self.acknowledged == self.blocks { Step::Finished } else { self.next_window() }
    }

    /// The deadline has passed without progress.
    pub(super) fn on_deadline(&mut self, now: Instant) -> Step {
        if self.retries == self.pace.max_retries {
            return Step::Abandoned;
        }
        self.retries += 1;
        self.deadline = now + self.pace.wait(self.retries);
        if self.options_pending { Step::SendOptions } else { self.unacknowledged() }
    }

    /// Repeating the last acknowledgement is how a client says that the beginning of a window was lost (RFC 7440 §4).
    /// It is believed once: every later block of that window makes some clients say so again.
    fn on_duplicate(&mut self) -> Step {
        if self.window == 1 || self.duplicate_answered {
            return Step::Wait;
        }
        self.duplicate_answered = true;
        self.unacknowledged()
    }

    fn next_window(&mut self) -> Step {
        self.sent = (self.acknowledged + self.window).min(self.blocks);
        self.unacknowledged()
    }

    fn unacknowledged(&self) -> Step {
        Step::Send(self.acknowledged + 1..=self.sent)
    }
}

impl Pace {
    fn wait(&self, retries: u32) -> Duration {
        match self.asked.filter(|_| self.answered) {
            Some(asked) => asked,
            None => self.first.saturating_mul(2_u32.saturating_pow(retries)).min(self.longest),
        }
    }
}

/// The number of a block on the wire: 65535 is followed by 0.
pub(super) fn wire_number(block: u64) -> u16 {
    let [.., high, low] = block.to_be_bytes();
    u16::from_be_bytes([high, low])
}

#[cfg(test)]
mod tests;
