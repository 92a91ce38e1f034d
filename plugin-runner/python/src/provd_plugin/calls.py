"""The calls of the contract, each handed to the plugin: a message comes in, a message or a refusal goes out. Sockets,
tokens and draining are the server's.
"""

from __future__ import annotations

import logging
import traceback
from typing import Any, Callable

from provd_plugin.contract import message_class
from provd_plugin.conversion import answers, questions
from provd_plugin.conversion.writing import InvalidAnswer, flag
from provd_plugin.errors import CannotWork, NotFound, PluginError
from provd_plugin.plugin import Plugin
from provd_plugin.secrets import hide

_logger = logging.getLogger("provd_plugin")

# The longest text of a refusal, in characters. What gRPC sends as trailers has a limit, and the whole is in the log.
_LONGEST_TEXT = 1000

_DeconfigureResponse = message_class("DeconfigureResponse")


class Refusal(Exception):
    """A call without an answer: the name of a gRPC code, and a text for an administrator."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Calls:
    """A plugin, asked by messages. Calls may come from several threads."""

    def __init__(self, plugin: Plugin, plugin_id: str) -> None:
        """The plugin, and the identifier that provd knows it by."""
        self._plugin = plugin
        self._id = plugin_id
        self._answers: dict[str, Callable[[Any], Any]] = {
            "Describe": self._describe,
            "Extract": self._extract,
            "Associate": self._associate,
            "ConfigureCommon": self._configure_common,
            "Configure": self._configure,
            "Deconfigure": self._deconfigure,
            "Synchronize": self._synchronize,
            "ServeFile": self._serve_file,
        }

    @property
    def names(self) -> list[str]:
        """The calls there are: those of the contract but Drain."""
        return list(self._answers)

    def answer(self, call: str, asked: Any) -> Any:
        """The response to a request. Raises `Refusal`, and nothing else that a plugin may raise."""
        try:
            return self._answers[call](asked)
        except PluginError as error:
            told = str(error) or type(error).__name__
            # Its author wrote it for administrators, but may have put a value into it.
            raise Refusal(error.code, _sent(hide(told, _document(asked), if_unreadable=told))) from None
        except InvalidAnswer as error:
            _logger.error("%s: the plugin's answer is wrong: %s", call, error)
            raise Refusal("INTERNAL", _sent(str(error))) from None
        except (Exception, SystemExit) as error:
            raise _defect(call, asked, error) from None

    def is_serving(self) -> bool:
        """Whether the plugin says it is well; one that cannot say is not."""
        try:
            return flag(self._plugin.is_serving(), "is_serving()")
        except Exception as error:
            _logger.error("is_serving: %s", _told(error))
            return False

    def drain(self) -> None:
        """Lets the plugin finish. Raises `Refusal`."""
        try:
            self._plugin.drain()
        except (Exception, SystemExit) as error:
            raise _defect("Drain", None, error) from None

    def _describe(self, asked: Any) -> Any:
        response = answers.described(self._plugin.describe())
        if response.id != self._id:
            raise CannotWork(
                f"plugin.toml calls this plugin `{self._id}`, but it describes itself as `{response.id}`: "
                "make them equal"
            )
        return response

    def _extract(self, asked: Any) -> Any:
        request = questions.request(asked)
        # What this revision cannot understand says nothing to the plugin.
        return answers.extracted(None if request is None else self._plugin.extract(request))

    def _associate(self, asked: Any) -> Any:
        return answers.associated(self._plugin.associate(questions.device_info(asked.info)))

    def _configure_common(self, asked: Any) -> Any:
        return answers.configured_common(self._plugin.configure_common(questions.raw_config(asked)))

    def _configure(self, asked: Any) -> Any:
        return answers.configured(self._plugin.configure(questions.device(asked), questions.raw_config(asked)))

    def _deconfigure(self, asked: Any) -> Any:
        self._plugin.deconfigure(questions.device(asked))
        return _DeconfigureResponse()

    def _synchronize(self, asked: Any) -> Any:
        return answers.synchronized(self._plugin.synchronize(questions.device(asked), questions.raw_config(asked)))

    def _serve_file(self, asked: Any) -> Any:
        device, request = questions.device(asked), questions.request(asked)
        if request is None or request.dhcp is not None:
            raise NotFound("no file is asked for")
        return answers.served(self._plugin.serve_file(device, request))


def _defect(call: str, asked: Any, error: BaseException) -> Refusal:
    """What nobody meant to happen: told to the author in the log, and to the administrator in one line."""
    document = _document(asked)
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    _logger.error("%s failed: %s", call, hide(trace, document))
    return Refusal("INTERNAL", _sent(hide(_told(error), document)))


def _document(asked: Any) -> str:
    """The raw config that came with a call, as JSON; empty if there was none."""
    raw_config = getattr(asked, "raw_config", None)
    return "" if raw_config is None else str(raw_config.document_json)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _sent(text: str) -> str:
    """A text that fits into a status, and can be sent."""
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
