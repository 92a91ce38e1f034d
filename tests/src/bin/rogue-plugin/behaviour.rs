//! In which way a plugin misbehaves.

/// A way to misbehave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// None at all.
    Honest,
    /// Ends at once.
    Exits,
    /// Says that it is another plugin.
    WrongId,
    /// Never binds its socket.
    Silent,
    /// Binds its socket and never answers.
    Mute,
    /// Never answers calls of one name.
    HangsIn(String),
    /// Logs without end.
    Floods,
    /// Writes to standard output what is no log.
    Noisy,
    /// Serves and generates a file of this path, whatever it was asked for.
    Lies(String),
    /// Generates more than a message may hold.
    Bloated,
    /// Finds MAC addresses that are none.
    GarbageMac,
    /// Ends neither when asked to nor when the server is gone.
    Immortal,
    /// Has a child of its own.
    Breeds,
}

impl Behaviour {
    /// `hangs-in extract` and the like.
    pub(crate) fn from_arguments(arguments: &[String]) -> Option<Behaviour> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Some(match words.as_slice() {
            ["honest"] => Behaviour::Honest,
            ["exits"] => Behaviour::Exits,
            ["wrong-id"] => Behaviour::WrongId,
            ["silent"] => Behaviour::Silent,
            ["mute"] => Behaviour::Mute,
            ["hangs-in", call] => Behaviour::HangsIn((*call).to_owned()),
            ["floods"] => Behaviour::Floods,
            ["noisy"] => Behaviour::Noisy,
            ["lies", path] => Behaviour::Lies((*path).to_owned()),
            ["bloated"] => Behaviour::Bloated,
            ["garbage-mac"] => Behaviour::GarbageMac,
            ["immortal"] => Behaviour::Immortal,
            ["breeds"] => Behaviour::Breeds,
            _ => return None,
        })
    }
}
