//! What the refusals of phones mean to those who have to do something about them.

use super::response::Response;

/// The phone's own words, and what may help. `authorized`: a password was given already.
pub(super) fn explain(response: &Response, event: &str, authorized: bool) -> String {
    let event = event.split(';').next().unwrap_or_default();
    let advice = match response.status {
        401 | 407 if authorized => {
            "it does not accept the user name and password of its first line; it may have been given others since"
        }
        401 | 407 => "it asks for a password, and its first line has none that answers this challenge",
        403 => {
            "it lets nobody tell it from here: have it accept this server, or set sip_from to its registrar"
        }
        404 | 604 => "it knows no such user: its line may be registered under another name",
        405 | 501 => "it takes no NOTIFY",
        480 => "it is not registered, or not to be disturbed",
        481 => "it only takes a NOTIFY that it subscribed to: have it accept unsolicited ones",
        489 => return format!("{} (it does not know the event {event})", response.in_words()),
        300..=399 => "it is somewhere else, and is not followed there",
        486 | 600 => "it is busy",
        500 | 503 => "it cannot at the moment",
        _ => return response.in_words(),
    };
    format!("{} ({advice})", response.in_words())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(status_line: &str, authorized: bool) -> String {
        let response = Response::parse(format!("SIP/2.0 {status_line}\r\n\r\n").as_bytes()).unwrap();
        explain(&response, "check-sync;reboot=false", authorized)
    }

    #[test]
    fn the_words_of_the_phone_come_first_and_then_what_may_help() {
        let bad_event = explained("489 Bad Event", false);
        assert_eq!(bad_event, "489 Bad Event (it does not know the event check-sync)");
        assert!(explained("401 Unauthorized", false).contains("asks for a password"));
        assert!(explained("401 Unauthorized", true).contains("does not accept the user name"));
        assert_eq!(explained("488 Not Here", false), "488 Not Here");
    }
}
