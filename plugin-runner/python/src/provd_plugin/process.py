"""The life of a plugin process: from its environment to its end, which comes with SIGTERM, or with provd itself."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Callable, NoReturn

from provd_plugin import logs
from provd_plugin.calls import Refusal
from provd_plugin.environment import Environment, NotStartedByProvd
from provd_plugin.errors import CannotWork, PluginError
from provd_plugin.model import Description
from provd_plugin.plugin import Plugin

if TYPE_CHECKING:
    from provd_plugin.server import Server

_logger = logging.getLogger("provd_plugin")

# provd sends SIGKILL 5 s after SIGTERM. Calls that run have most of that, and the socket the rest.
_DRAIN_SECONDS = 3.0
_CLOSING_SECONDS = 0.5

_NOT_A_PLUGIN = 2


def serve(plugin: Plugin | Callable[[Environment], Plugin]) -> NoReturn:
    """Serves a plugin as provd started it, and ends the process when provd is gone or asks for it.

    In place of a plugin there may be what makes one of the environment: a class, or a function. If that raises a
    `PluginError`, provd does not try again, and tells the administrator; anything else ends the process with 1, and the
    log says why. A process that was started by hand says what it is, and ends with 2.
    """
    try:
        environment = Environment.read()
    except NotStartedByProvd as error:
        print(error, file=sys.stderr)
        sys.exit(_NOT_A_PLUGIN)
    logs.start(environment.log)
    end(_run(plugin, environment))


def _run(plugin: Plugin | Callable[[Environment], Plugin], environment: Environment) -> int:
    """Serves until the end is asked for; with which status the process is to end."""
    # A program that is not to be served needs no gRPC, which takes longest to import.
    from provd_plugin.server import CannotServe, Server

    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    threading.Thread(target=_end_with_stdin, name="lifeline", daemon=True).start()
    try:
        server = Server(made(plugin, environment), environment)
        server.start()
    except CannotServe as error:
        _logger.error("%s", error)
        return 1
    except Exception:
        _logger.exception("the plugin cannot begin")
        return 1
    _logger.info("serving %s", environment.id)
    asked.wait()
    _logger.info("provd asks this plugin to end")
    _finish(server)
    return 0


def made(plugin: Plugin | Callable[[Environment], Plugin], environment: Environment) -> Plugin:
    """The plugin itself, made if need be; one that raises a `PluginError` is replaced by one that answers just that."""
    if isinstance(plugin, Plugin):
        return plugin
    try:
        return plugin(environment)
    except PluginError as error:
        # Told as the answer to Describe, it reaches the administrator, and no start is tried again in vain.
        return _Incapable(str(error))


class _Incapable(Plugin):
    """Stands for a plugin that cannot work in the environment it was given."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def describe(self) -> Description:
        raise CannotWork(self._reason)


def _finish(server: Server) -> None:
    try:
        if not server.drain(_DRAIN_SECONDS):
            _logger.warning("calls still ran %g s after the end was asked for", _DRAIN_SECONDS)
    except Refusal as refusal:
        _logger.error("the plugin could not finish: %s", refusal.text)
    server.stop(_CLOSING_SECONDS)


def _end_with_stdin() -> None:
    """Waits for the end of stdin, which provd holds open as long as it lives; what it carries means nothing."""
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        # A stream that fails has ended as well.
        pass
    _logger.info("provd is gone")
    end(0)


def end(status: int) -> NoReturn:
    """Ends the process at once. The interpreter's own way would wait for calls that may never end."""
    try:
        logging.shutdown()
        sys.stdout.flush()
    finally:
        # When provd is gone, so is who reads stdout, and flushing fails.
        os._exit(status)
