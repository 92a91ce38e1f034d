"""JSON objects that travel as text, read when they are wanted. What is no object is refused by its place, never by its
content, which may hold secrets.
"""

from __future__ import annotations

import json
from typing import Any

from provd_plugin.errors import InvalidInput


def json_object(text: str, place: str) -> dict[str, Any]:
    """The object that this text is, new for each caller; an empty text is an empty object.

    Raises `InvalidInput`, which names the place, for anything else: malformed, nested too deeply, or not an object.
    """
    if not text:
        return {}
    try:
        document = json.loads(text)
    except RecursionError:
        raise InvalidInput(f"{place} is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{place} is not JSON: {error.msg} at character {error.pos}") from None
    except ValueError:
        # An integer with more digits than Python converts.
        raise InvalidInput(f"{place} holds a number that cannot be read") from None
    if not isinstance(document, dict):
        raise InvalidInput(f"{place} is not a JSON object")
    return document
