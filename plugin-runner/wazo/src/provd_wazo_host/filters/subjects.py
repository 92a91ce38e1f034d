"""The parts of a request that expressions are tested on, and how the server's spelling differs from what a plugin is
given.

The server tests its own spelling: paths without percent-encoding, text instead of bytes. A plugin sees the same
character by character, unless there is one that is named here as doubtful.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Matches what holds a character beyond ASCII. As bytes it is several, or one that is not valid UTF-8.
BEYOND_ASCII = r"[^\x00-\x7F]"
#: Matches a path with a character that reaches a plugin percent-encoded.
ENCODED_IN_PATH = r"[^!-~]|[#%?]"


@dataclass(frozen=True)
class Subject:
    """One part of a request.

    `field` is the condition of a request filter that is tested on it, empty if there is none. `doubt` matches what the
    plugin sees spelled otherwise whatever it does to it. `newlines` says that there may be some that are not doubtful.
    """

    name: str
    field: str = ""
    doubt: str = ""
    newlines: bool = True


PATH = Subject("the path", "path", doubt=ENCODED_IN_PATH, newlines=False)
USER_AGENT = Subject("the User-Agent", "user_agent", newlines=False)
QUERY = Subject("the query", "query")
FILENAME = Subject("the file name", "path")
VENDOR_CLASS = Subject("the vendor class", "vendor_class")
#: The base name of a generated file.
BASE_NAME = Subject("the base name", "base_name", newlines=False)
