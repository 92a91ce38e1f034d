//! What kind of file a name promises, for files that say nothing of it themselves.

use hyper::header::HeaderValue;

/// The media type by the extension of a path, in any case.
///
/// Configuration files are text that phones, and people with a browser, can read. XML is `text/xml`, which old phones
/// ask for and new ones accept.
pub(super) fn by_name(path: &str) -> HeaderValue {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    let known = match extension.as_str() {
        "xml" => "text/xml",
        "boot" | "cfg" | "conf" | "ini" | "st" | "txt" => "text/plain",
        other => mime_guess::from_ext(other).first_raw().unwrap_or("application/octet-stream"),
    };
    HeaderValue::from_static(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_phone_files() {
        for (path, media_type) in [
            ("/SEP001122334455.cnf.xml", "text/xml"),
            ("/001122334455.CFG", "text/plain"),
            ("/Aastra/6867i.st", "text/plain"),
            ("/y000000000000.boot", "text/plain"),
            ("/ring.wav", "audio/wav"),
            ("/background.png", "image/png"),
            ("/settings.htm", "text/html"),
            ("/list.json", "application/json"),
            ("/firmware.sbn", "application/octet-stream"),
            ("/cfg001122334455", "application/octet-stream"),
            ("/sub.cfg/file", "application/octet-stream"),
            ("/", "application/octet-stream"),
        ] {
            assert_eq!(by_name(path), media_type, "{path}");
        }
    }
}
