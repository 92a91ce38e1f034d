//! Walls around files, TCP, signals and abstract sockets, by Landlock (<https://docs.kernel.org/userspace-api/landlock.html>).
//!
//! What a program of any language needs of the system is listed here; what is the plugin's own, it is told. Whatever is not
//! named cannot be opened, by root either.

use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, LandlockStatus,
    PathBeneath, PathFd, PathFdError, Ruleset, RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _,
    RulesetError, RulesetStatus, Scope,
};
use thiserror::Error;

use super::walls::Walls;

/// The newest interface whose walls are used; what came later until version 8 is about logs and threads.
const NEWEST: i32 = 6;

/// The first that keeps truncation within, and the first that keeps signals within.
pub(super) const KEEPS_TRUNCATION: u32 = 3;
pub(super) const SCOPES_SIGNALS: u32 = 6;

/// Programs and libraries; what is not there is passed over.
pub(super) const PROGRAMS: [&str; 11] = [
    "/usr",
    "/lib",
    "/lib64",
    "/lib32",
    "/bin",
    "/sbin",
    "/nix/store",
    "/gnu/store",
    "/run/current-system/sw",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
];
/// Settings that runtimes read when they start.
const SETTINGS: [&str; 6] = [
    "/etc/localtime",
    "/etc/timezone",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/openssl.cnf",
    "/dev/urandom",
    "/dev/random",
];
/// What finding a host and trusting it takes in addition.
const NETWORK: [&str; 9] = [
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
    "/run/systemd/resolve",
];
/// What may be written as well. Not `/dev/zero`: it can be mapped as memory that no limit counts.
const DEVICES: [&str; 2] = ["/dev/null", "/dev/full"];

/// Why there are no walls.
#[derive(Debug, Error)]
pub(super) enum LandlockError {
    /// A path of the plugin's own cannot be opened.
    #[error(transparent)]
    Path(#[from] PathFdError),
    /// The kernel refused.
    #[error("Landlock: {0}")]
    Ruleset(#[from] RulesetError),
    /// The kernel can less than it was said to.
    #[error("Landlock: version {0} of the interface is not there")]
    NotEnforced(u32),
}

/// Puts the calling thread, and all it becomes, within the walls.
pub(super) fn enclose(version: u32, walls: &Walls) -> Result<(), LandlockError> {
    let abi = ABI::from(i32::try_from(version).unwrap_or(NEWEST).min(NEWEST));
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(abi))?;
    if abi >= ABI::V4 && !walls.network {
        ruleset = ruleset.handle_access(AccessNet::from_all(abi))?;
    }
    if abi >= ABI::V6 {
        ruleset = ruleset.scope(Scope::from_all(abi))?;
    }
    let mut openings = Openings { abi, ruleset: ruleset.create()? };
    openings.system(walls.network)?;
    openings.own(walls)?;
    let status = openings.ruleset.restrict_self()?;
    match status.ruleset {
        RulesetStatus::FullyEnforced => Ok(()),
        _ => Err(LandlockError::NotEnforced(version)),
    }
}

/// Restricts the calling thread somehow, and says which version of the interface did it; 0 if none.
pub(super) fn version() -> u32 {
    let restrict = || Ruleset::default().handle_access(AccessFs::Execute)?.create()?.restrict_self();
    match restrict().map(|status| status.landlock) {
        Ok(LandlockStatus::Available { effective_abi, kernel_abi }) => {
            kernel_abi.and_then(|abi| u32::try_from(abi).ok()).unwrap_or(effective_abi as u32)
        }
        _ => 0,
    }
}

/// What is left open, while it is collected.
struct Openings {
    abi: ABI,
    ruleset: RulesetCreated,
}

impl Openings {
    fn system(&mut self, network: bool) -> Result<(), LandlockError> {
        let more: &[&str] = if network { &NETWORK } else { &[] };
        for (paths, access) in [
            (&PROGRAMS[..], execute()),
            (&SETTINGS[..], read()),
            (&DEVICES[..], AccessFs::ReadFile | AccessFs::WriteFile),
            (more, read()),
        ] {
            for path in paths.iter().map(Path::new).filter(|path| path.exists()) {
                self.open(path, access)?;
            }
        }
        // Of this process alone, which keeps its number when it becomes the plugin.
        self.open(Path::new("/proc/self"), read())
    }

    fn own(&mut self, walls: &Walls) -> Result<(), LandlockError> {
        let alien = AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock;
        let write = AccessFs::from_all(self.abi) & !alien;
        let bind = AccessFs::ReadDir | AccessFs::MakeSock | AccessFs::RemoveFile;
        for (paths, access) in
            [(&walls.execute, execute()), (&walls.read, read()), (&walls.write, write), (&walls.bind, bind)]
        {
            for path in paths {
                self.open(path, access)?;
            }
        }
        Ok(())
    }

    fn open(&mut self, path: &Path, access: BitFlags<AccessFs>) -> Result<(), LandlockError> {
        let access = if path.is_dir() { access } else { access & AccessFs::from_file(self.abi) };
        let rule =
            PathBeneath::new(PathFd::new(path)?, access).set_compatibility(CompatLevel::HardRequirement);
        (&mut self.ruleset).add_rule(rule)?;
        Ok(())
    }
}

fn read() -> BitFlags<AccessFs> {
    AccessFs::ReadFile | AccessFs::ReadDir
}

fn execute() -> BitFlags<AccessFs> {
    read() | AccessFs::Execute
}
