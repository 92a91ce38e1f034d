//! What a plugin gets on kernels old and new.

use super::*;
use crate::domain::byte_size::ByteSize;

const NEW: Kernel = Kernel { landlock: 7, seccomp: true };

fn enclosure(kernel: Kernel, policy: &SandboxPolicy, needs: Needs) -> Enclosure {
    let own = Belongings {
        id: "a",
        program: Path::new("sh"),
        search: OsStr::new("/nonexistent:/bin"),
        libraries: &[],
        folder: Path::new("/plugins/a/1"),
        overrides: &[PathBuf::from("/nonexistent")],
        scratch: &[PathBuf::from("/scratch/a")],
        socket_folder: Some(Path::new("/run/a")),
    };
    Enclosure::new(kernel, policy, needs, &own)
}

fn level(kernel: Kernel, needs: Needs) -> (SandboxLevel, Vec<MissingWall>) {
    let granted = ["a".to_owned()];
    let policy = SandboxPolicy {
        network: granted.clone().into(),
        processes: granted.into(),
        ..SandboxPolicy::default()
    };
    let status = enclosure(kernel, &policy, needs).status;
    (status.level, status.missing)
}

#[test]
fn the_level_is_what_the_kernel_can() {
    use MissingWall::{Files, Network, Processes, Signals, SystemCalls, Truncation};
    use SandboxLevel::{Full, Off, Partial};
    let kernel = |landlock, seccomp| Kernel { landlock, seccomp };
    let processes = Needs { processes: true, ..Needs::default() };
    for (kernel, needs, expected, missing) in [
        (NEW, Needs::default(), Full, vec![]),
        (kernel(3, true), Needs::default(), Full, vec![]),
        (kernel(3, true), processes, Partial, vec![Signals]),
        (kernel(2, true), Needs::default(), Partial, vec![Truncation]),
        (kernel(0, true), Needs::default(), Partial, vec![Files, Truncation]),
        (kernel(7, false), Needs::default(), Partial, vec![Network, Processes, SystemCalls]),
        (kernel(0, false), processes, Off, vec![Files, Truncation, Signals, Network, SystemCalls]),
    ] {
        assert_eq!(level(kernel, needs), (expected, missing), "{kernel:?} {needs:?}");
    }
}

#[test]
fn what_is_asked_for_is_had_if_it_is_granted() {
    let needs = Needs { network: true, processes: true, memory: Some(ByteSize(2 << 30)) };
    let policy = SandboxPolicy { network: ["a".to_owned()].into(), ..SandboxPolicy::default() };
    let Enclosure { walls, status, refusal } = enclosure(NEW, &policy, needs);
    assert_eq!((status.granted, status.denied), (vec![Need::Network], vec![Need::Processes, Need::Memory]));
    assert_eq!((walls.network, walls.processes, walls.memory), (true, false, Some(1 << 30)));
    assert_eq!(refusal, None);
    // What is granted and not asked for is not had.
    let walls = enclosure(NEW, &policy, Needs { memory: Some(ByteSize(1 << 20)), ..Needs::default() }).walls;
    assert_eq!((walls.network, walls.memory), (false, Some(1 << 20)));
}

#[test]
fn what_is_required_and_cannot_be_is_refused_with_the_way_out() {
    let policy = SandboxPolicy { mode: SandboxMode::Required, ..SandboxPolicy::default() };
    assert_eq!(enclosure(NEW, &policy, Needs::default()).refusal, None);
    let without = Kernel { landlock: 0, seccomp: true };
    let refusal = enclosure(without, &policy, Needs::default()).refusal.unwrap();
    for words in ["partial (missing: files", "Landlock is not there", "best-effort", "provd plugin restart a"]
    {
        assert!(refusal.contains(words), "{refusal}");
    }
    assert_eq!(enclosure(without, &SandboxPolicy::default(), Needs::default()).refusal, None);
}

#[test]
fn without_a_sandbox_there_are_no_walls() {
    let policy = SandboxPolicy { mode: SandboxMode::Off, ..SandboxPolicy::default() };
    let Enclosure { walls, status, .. } = enclosure(NEW, &policy, Needs::default());
    assert_eq!((walls, status.level), (Walls::default(), SandboxLevel::Off));
}

#[test]
fn the_program_may_be_executed_wherever_it_is() {
    let execute = enclosure(NEW, &SandboxPolicy::default(), Needs::default()).walls.execute;
    assert_eq!(execute, [Path::new("/plugins/a/1"), Path::new("/bin/sh")]);
    let policy = SandboxPolicy { readable: vec!["/opt".into()], ..SandboxPolicy::default() };
    assert_eq!(enclosure(NEW, &policy, Needs::default()).walls.execute[2], Path::new("/opt"));
}

#[test]
fn a_data_directory_beneath_an_open_folder_is_no_secret() {
    let policy =
        SandboxPolicy { mode: SandboxMode::Required, readable: vec!["/".into()], ..SandboxPolicy::default() };
    let Enclosure { status, refusal, .. } = enclosure(NEW, &policy, Needs::default());
    assert_eq!((status.level, status.missing), (SandboxLevel::Partial, vec![MissingWall::Files]));
    assert!(refusal.unwrap().contains("data directory"));
}
