//! The machine provd runs on: its data directory, its disk, its clock, and how many files the server may open.
//!
//! Only looked at where provd is on this machine.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{Access, access, statvfs};

use super::super::table::size;
use super::finding::Finding;

/// Free bytes of the disk below which something should be done, and below which changes will soon fail.
const LITTLE: u64 = 1 << 30;
const TOO_LITTLE: u64 = 100 << 20;
/// Each phone that asks takes a descriptor.
const FEW_DESCRIPTORS: u64 = 4096;
/// What those who keep a clock leave behind while they do.
const CLOCK_KEEPERS: [(&str, &str); 5] = [
    ("/run/systemd/timesync/synchronized", "systemd-timesyncd"),
    ("/run/chrony/chronyd.pid", "chrony"),
    ("/run/ntpd.pid", "ntpd"),
    ("/run/ntpsec/ntpd.pid", "ntpsec"),
    ("/run/openntpd.sock", "openntpd"),
];

/// Looks at a data directory.
pub(super) fn data_directory(path: &Path) -> Vec<Finding> {
    const ABOUT: &str = "data directory";
    let Ok(folder) = fs::metadata(path) else {
        return vec![Finding::skipped(
            ABOUT,
            format!("{} is not on this machine, or not readable", path.display()),
            "say where it is with --data-dir, and run this as the user provd runs as",
        )];
    };
    let shown = path.display();
    let mut findings = Vec::new();
    if access(path, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let advice = format!("if provd runs as this user: chown -R USER {shown}");
        findings.push(Finding::doubtful(ABOUT, format!("{shown} is not writable for this user"), advice));
    } else if folder.permissions().mode() & 0o007 != 0 && is_readable_by_others(path) {
        findings.push(Finding::wrong(
            ABOUT,
            format!("everybody on this machine can read the administrator's token in {shown}"),
            format!("chmod 600 {shown}/admin.token, and have a new one made by deleting it before a restart"),
        ));
    } else {
        findings.push(Finding::sound(ABOUT, shown.to_string()));
    }
    findings.push(disk(path));
    findings
}

fn is_readable_by_others(path: &Path) -> bool {
    fs::metadata(path.join("admin.token")).is_ok_and(|token| token.mode() & 0o044 != 0)
}

fn disk(path: &Path) -> Finding {
    const ABOUT: &str = "disk";
    let Ok(disk) = statvfs(path) else {
        return Finding::skipped(ABOUT, "it does not say how full it is", "look at it with df");
    };
    if disk.f_files > 0 && disk.f_favail < 1000 {
        let seen = format!("room for {} more files", disk.f_favail);
        return Finding::wrong(ABOUT, seen, "delete files of whoever made so many: df -i shows the disk");
    }
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let seen = format!("{} free", size(free));
    let advice = "make room: changes are refused on a full disk, though phones are served on";
    match free {
        0..TOO_LITTLE => Finding::wrong(ABOUT, seen, advice),
        TOO_LITTLE..LITTLE => Finding::doubtful(ABOUT, seen, advice),
        _ => Finding::sound(ABOUT, seen),
    }
}

/// Looks at how many files a server's process may open.
pub(super) fn descriptors(pid: u64) -> Option<Finding> {
    const ABOUT: &str = "open files";
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let soft = line.split_whitespace().next()?;
    let seen = format!("the server may open {soft}");
    match soft.parse::<u64>() {
        Ok(limit) if limit < FEW_DESCRIPTORS => Some(Finding::doubtful(
            ABOUT,
            seen,
            "each phone that asks takes one: LimitNOFILE=65536 in the service, or ulimit -Hn",
        )),
        _ => Some(Finding::sound(ABOUT, seen)),
    }
}

/// Looks for whoever keeps the clock of this machine.
pub(super) fn clock() -> Finding {
    const ABOUT: &str = "clock";
    match CLOCK_KEEPERS.iter().find(|(trace, _)| Path::new(trace).exists()) {
        Some((_, keeper)) => Finding::sound(ABOUT, format!("kept by {keeper}")),
        None => Finding::doubtful(
            ABOUT,
            "nobody on this machine seems to keep it",
            "install chrony or enable systemd-timesyncd, unless the host of a container keeps it: \
             certificates and time-outs go by the clock",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_token_everybody_can_read_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("admin.token");
        fs::write(&token, "secret").unwrap();
        let verdict = |folder_mode, token_mode| {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(folder_mode)).unwrap();
            fs::set_permissions(&token, fs::Permissions::from_mode(token_mode)).unwrap();
            data_directory(folder.path())[0].verdict
        };
        assert_eq!(verdict(0o755, 0o644), Verdict::Wrong);
        assert_eq!(verdict(0o755, 0o600), Verdict::Sound);
        assert_eq!(verdict(0o700, 0o644), Verdict::Sound);
    }

    #[test]
    fn a_folder_that_is_elsewhere_is_skipped() {
        let findings = data_directory(Path::new("/nonexistent"));
        assert_eq!(findings.iter().map(|finding| finding.verdict).collect::<Vec<_>>(), [Verdict::Skipped]);
    }

    #[test]
    fn the_limit_of_a_process_is_found() {
        assert!(descriptors(std::process::id().into()).unwrap().seen.starts_with("the server may open "));
        assert_eq!(descriptors(u64::MAX), None);
    }
}
