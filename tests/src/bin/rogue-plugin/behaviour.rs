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
    /// Tries to do what no plugin may, and writes down what came of it.
    Tries(Vec<String>),
    /// Takes so many MiB of memory when it is asked about a phone.
    Eats(usize),
    /// Ends without a word where it was started by hand.
    Speechless,
    /// Answers whoever calls, takes small messages only, and neither drains nor ends with the server.
    Raw,
    /// Says another version than its plugin.toml.
    WrongVersion,
    /// Says something else of itself each time.
    Fickle,
    /// Takes every phone and every request for its own.
    Greedy,
    /// Answers with INTERNAL what it did not expect.
    Careless,
    /// Dies of long texts.
    Fragile,
    /// Generates other bytes each time.
    Unstable,
    /// Refuses to forget what it has forgotten.
    ForgetsOnce,
    /// Answers nothing any more once a call was dropped.
    Clogs,
    /// Refuses a call while another one runs.
    OneAtATime,
    /// Keeps memory of every call.
    Leaks,
    /// Keeps descriptors of calls.
    LeaksDescriptors,
    /// Writes down its token.
    Tells,
    /// Takes a second for whatever is about a phone, and knows phones that speak TFTP too.
    Dawdles,
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
            ["speechless"] => Behaviour::Speechless,
            ["raw"] => Behaviour::Raw,
            ["wrong-version"] => Behaviour::WrongVersion,
            ["fickle"] => Behaviour::Fickle,
            ["greedy"] => Behaviour::Greedy,
            ["careless"] => Behaviour::Careless,
            ["fragile"] => Behaviour::Fragile,
            ["unstable"] => Behaviour::Unstable,
            ["forgets-once"] => Behaviour::ForgetsOnce,
            ["clogs"] => Behaviour::Clogs,
            ["one-at-a-time"] => Behaviour::OneAtATime,
            ["leaks"] => Behaviour::Leaks,
            ["leaks-descriptors"] => Behaviour::LeaksDescriptors,
            ["tells"] => Behaviour::Tells,
            ["dawdles"] => Behaviour::Dawdles,
            ["tries", deeds @ ..] => Behaviour::Tries(deeds.iter().map(|&deed| deed.to_owned()).collect()),
            ["eats", mebibytes] => Behaviour::Eats(mebibytes.parse().ok()?),
            _ => return None,
        })
    }
}
