//! This process, as the kernel sees it: memory, processor time, files, threads. Names are those all exporters use.

use std::fmt;
use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

use super::page::Page;

/// What `proc` says of this process (proc(5), `proc_pid_stat(5)`).
#[derive(Debug, Clone, PartialEq)]
struct Stat {
    cpu_seconds: f64,
    threads: u64,
    /// Since the machine was started.
    start_seconds: f64,
    virtual_bytes: u64,
    resident_bytes: u64,
}

/// What the kernel says; what it does not say is left out.
#[derive(Debug, Default)]
pub(super) struct ProcessMetrics {
    stat: Option<Stat>,
    /// When the machine was started, in seconds since 1970.
    boot: Option<f64>,
    open_fds: Option<u64>,
    max_fds: Option<u64>,
}

impl ProcessMetrics {
    pub(super) fn read() -> ProcessMetrics {
        ProcessMetrics {
            stat: fs::read_to_string("/proc/self/stat").ok().and_then(|stat| parse(&stat)),
            boot: fs::read_to_string("/proc/stat").ok().and_then(|stat| boot_time(&stat)),
            // The one it is counted by is not there otherwise.
            open_fds: fs::read_dir("/proc/self/fd").ok().map(|fds| (fds.count() as u64).saturating_sub(1)),
            max_fds: getrlimit(Resource::Nofile).current,
        }
    }

    pub(super) fn write(&self, page: &mut Page<'_>) -> fmt::Result {
        if let Some(stat) = &self.stat {
            page.counter("process_cpu_seconds_total", "Processor time, user and system.", &stat.cpu_seconds)?;
            page.gauge("process_resident_memory_bytes", "Resident memory.", &stat.resident_bytes)?;
            page.gauge("process_virtual_memory_bytes", "Virtual memory.", &stat.virtual_bytes)?;
            page.gauge("process_threads", "Threads.", &stat.threads)?;
            if let Some(boot) = self.boot {
                let help = "When the process was started, in seconds since 1970.";
                page.gauge("process_start_time_seconds", help, &(boot + stat.start_seconds))?;
            }
        }
        if let Some(open) = self.open_fds {
            page.gauge("process_open_fds", "Open file descriptors.", &open)?;
        }
        if let Some(most) = self.max_fds {
            page.gauge("process_max_fds", "Most file descriptors that may be open.", &most)?;
        }
        Ok(())
    }
}

/// The line of `/proc/self/stat`. The name of the program, in parentheses, may hold anything; numbers follow it.
#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of processor time and uptime are far below 2^53 ticks"
)]
fn parse(stat: &str) -> Option<Stat> {
    let (_, numbers) = stat.rsplit_once(") ")?;
    let numbers: Vec<&str> = numbers.split_whitespace().collect();
    // The first of them is the third of the manual's list.
    let number = |field: usize| numbers.get(field - 3)?.parse::<u64>().ok();
    let seconds = |ticks: u64| ticks as f64 / clock_ticks_per_second() as f64;
    Some(Stat {
        cpu_seconds: seconds(number(14)? + number(15)?),
        threads: number(20)?,
        start_seconds: seconds(number(22)?),
        virtual_bytes: number(23)?,
        resident_bytes: number(24)? * page_size() as u64,
    })
}

fn boot_time(stat: &str) -> Option<f64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_have_any_name() {
        let numbers = (4..=24).map(|field| field.to_string()).collect::<Vec<_>>().join(" ");
        let stat = parse(&format!("1 (a) b) c) S {numbers}\n")).unwrap();
        assert_eq!((stat.threads, stat.virtual_bytes), (20, 23));
        assert_eq!(stat.resident_bytes, 24 * page_size() as u64);
        assert_eq!(parse("1 (a) S 1 2"), None);
    }

    #[test]
    fn this_process_is_there() {
        let process = ProcessMetrics::read();
        assert!(process.stat.is_some_and(|stat| stat.resident_bytes > 0 && stat.threads > 0));
        assert!(process.boot.is_some_and(|boot| boot > 0.0) && process.open_fds > Some(2));
    }
}
