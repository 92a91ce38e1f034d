//! Walls around the kernel itself: which system calls a plugin cannot make, by seccomp(2).
//!
//! All others are allowed, for runtimes differ in what they use. What is refused fails with EPERM; where a C library has
//! another way, with ENOSYS. What is newer than this list does not exist for a plugin.

mod refused;

use std::collections::BTreeMap;
use std::os::raw::c_int;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter, sock_filter,
};
use thiserror::Error;

use super::landlock::{KEEPS_TRUNCATION, SCOPES_SIGNALS};
use super::walls::Walls;
use SeccompCmpOp::{Eq, MaskedEq, Ne};

/// Why there is no filter.
#[derive(Debug, Error)]
pub(super) enum SeccompError {
    /// The processor is not one the filters are written for, or a rule is wrong.
    #[error("seccomp: {0}")]
    Filter(#[from] BackendError),
    /// The kernel refused it.
    #[error("seccomp: {0}")]
    Kernel(#[from] seccompiler::Error),
}

/// The kernel's numbers of system calls are the same on all processors from 424 on; this is the last that was looked at.
const LAST_KNOWN: u32 = 462;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Puts the calling thread, and all it becomes, within the walls.
pub(super) fn enclose(walls: &Walls) -> Result<(), SeccompError> {
    apply_filter(&absent()?)?;
    apply_filter(&filter(refused(walls, std::process::id())?, libc::EPERM)?)?;
    Ok(())
}

/// System calls that do not exist: those a C library does without, and all that are newer than this list. The numbers of
/// the x32 interface, which are beyond 2^30, are among these.
fn absent() -> Result<BpfProgram, BackendError> {
    let rules = refused::ABSENT.iter().map(|call| (*call, Vec::new())).collect();
    let load_number = sock_filter { code: 0x20, jt: 0, jf: 0, k: 0 };
    let is_greater = sock_filter { code: 0x25, jt: 0, jf: 1, k: LAST_KNOWN };
    let is_absent = u32::from(SeccompAction::Errno(libc::ENOSYS.unsigned_abs()));
    let refuse = sock_filter { code: 0x06, jt: 0, jf: 0, k: is_absent };
    let mut program = vec![load_number, is_greater, refuse];
    program.extend(filter(rules, libc::ENOSYS)?);
    Ok(program)
}

/// A process of another architecture than this program's is killed when it makes a call.
fn filter(rules: Rules, error: c_int) -> Result<BpfProgram, BackendError> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    let refuse = SeccompAction::Errno(error.unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture)?.try_into()
}

/// What is refused, and with which arguments.
fn refused(walls: &Walls, pid: u32) -> Result<Rules, BackendError> {
    let mut rules: Rules = refused::ALWAYS.iter().map(|call| (*call, Vec::new())).collect();
    let mut refuse = |call: i64, cases: Vec<Vec<Case>>| {
        let cases = cases.into_iter().map(|case| {
            let conditions = case.into_iter().map(|(argument, comparison, value)| {
                SeccompCondition::new(argument, SeccompCmpArgLen::Dword, comparison, value)
            });
            SeccompRule::new(conditions.collect::<Result<_, _>>()?)
        });
        rules.insert(call, cases.collect::<Result<_, BackendError>>()?);
        Ok::<_, BackendError>(())
    };
    refuse(libc::SYS_prctl, vec![vec![(0, Eq, PDEATHSIG)]])?;
    refuse(libc::SYS_mmap, uncounted_memory())?;
    others(pid).into_iter().try_for_each(|(call, cases)| refuse(call, cases))?;
    sockets(walls.network).into_iter().try_for_each(|(call, cases)| refuse(call, cases))?;
    refuse(libc::SYS_clone, clone(walls.processes))?;
    if !walls.processes {
        refused::PROCESSES.iter().try_for_each(|call| refuse(*call, Vec::new()))?;
    }
    if !walls.processes && walls.landlock.unwrap_or(0) < SCOPES_SIGNALS {
        signals(pid).into_iter().try_for_each(|(call, cases)| refuse(call, cases))?;
    }
    if walls.landlock.unwrap_or(0) < KEEPS_TRUNCATION {
        refuse(libc::SYS_truncate, Vec::new())?;
    }
    Ok(rules)
}

/// Number of an argument, how it is compared, and with what. All arguments compared here are 32 bits wide for the kernel.
type Case = (u8, SeccompCmpOp, u64);
/// A system call and the cases in which it is refused; none: in all.
type Refusal = (i64, Vec<Vec<Case>>);

const PDEATHSIG: u64 = 1;
const SOCKET_TYPE: u64 = 0xf;
/// Who gets the signals about a descriptor, fcntl(2) and ioctl(2).
const F_SETOWN: u64 = 8;
const F_SETOWN_EX: u64 = 15;
const FIOSETOWN: u64 = 0x8901;
const SIOCSPGRP: u64 = 0x8902;

fn number(value: c_int) -> u64 {
    u64::from(value.unsigned_abs())
}

/// A stream socket can be listened on. A datagram socket could be sent from to any other, a filter does not see which.
fn sockets(network: bool) -> Vec<Refusal> {
    use libc::{AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, SOCK_DGRAM, SOCK_RAW};
    if network {
        let families = [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK];
        let other = families.map(|family| (0, Ne, number(family))).to_vec();
        return vec![(libc::SYS_socket, vec![other])];
    }
    let kind = |kind| vec![(1, MaskedEq(SOCKET_TYPE), number(kind))];
    let cases = || vec![vec![(0, Ne, number(AF_UNIX))], kind(SOCK_DGRAM), kind(SOCK_RAW)];
    vec![(libc::SYS_socket, cases()), (libc::SYS_socketpair, cases()), (libc::SYS_connect, Vec::new())]
}

/// Mappings that no limit counts: anonymous ones that are shared, and such as grow like a stack.
fn uncounted_memory() -> Vec<Vec<Case>> {
    let all_of = |flags| vec![(3, MaskedEq(flags), flags)];
    vec![all_of(number(libc::MAP_ANONYMOUS | libc::MAP_SHARED)), all_of(number(libc::MAP_GROWSDOWN))]
}

/// Threads, but no processes; or processes, but no namespaces, and none that provd would have to reap.
fn clone(processes: bool) -> Vec<Vec<Case>> {
    use libc::{
        CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, CLONE_NEWUTS,
        CLONE_PARENT, CLONE_THREAD,
    };
    if processes {
        let others = [
            CLONE_NEWCGROUP,
            CLONE_NEWIPC,
            CLONE_NEWNET,
            CLONE_NEWNS,
            CLONE_NEWPID,
            CLONE_NEWUSER,
            CLONE_NEWUTS,
            CLONE_PARENT,
        ];
        others.map(|flag| vec![(0, MaskedEq(number(flag)), number(flag))]).to_vec()
    } else {
        vec![vec![(0, MaskedEq(number(CLONE_THREAD)), 0)]]
    }
}

/// What a process may do to itself, and what its user could do to all its processes, provd among them.
fn others(pid: u32) -> Vec<Refusal> {
    let not_itself = |argument| vec![(argument, Ne, 0), (argument, Ne, u64::from(pid))];
    let calls = [
        libc::SYS_prlimit64,
        libc::SYS_sched_setaffinity,
        libc::SYS_sched_setattr,
        libc::SYS_sched_setparam,
        libc::SYS_sched_setscheduler,
    ];
    let mut refusals: Vec<Refusal> = calls.map(|call| (call, vec![not_itself(0)])).to_vec();
    let a_process = |which| vec![vec![(0, Ne, which)], not_itself(1)];
    refusals.push((libc::SYS_setpriority, a_process(0)));
    refusals.push((libc::SYS_ioprio_set, a_process(1)));
    refusals
}

/// Signals to anybody but itself and its group, which it leads. That of a lone thread cannot be told from that of another
/// process.
fn signals(pid: u32) -> Vec<Refusal> {
    let pid = u64::from(pid);
    let not_itself = || vec![vec![(0, Ne, pid)]];
    vec![
        (libc::SYS_kill, vec![vec![(0, Ne, pid), (0, Ne, 0)]]),
        (libc::SYS_tgkill, not_itself()),
        (libc::SYS_rt_sigqueueinfo, not_itself()),
        (libc::SYS_rt_tgsigqueueinfo, not_itself()),
        (libc::SYS_tkill, Vec::new()),
        (libc::SYS_pidfd_send_signal, Vec::new()),
        // Those the kernel sends in its name, about its descriptors.
        (libc::SYS_fcntl, [F_SETOWN, F_SETOWN_EX].map(|command| vec![(1, Eq, command)]).to_vec()),
        (libc::SYS_ioctl, [FIOSETOWN, SIOCSPGRP].map(|request| vec![(1, Eq, request)]).to_vec()),
    ]
}

#[cfg(test)]
mod tests;
