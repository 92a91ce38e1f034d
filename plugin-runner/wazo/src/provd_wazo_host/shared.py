"""Several plugins in one process, for administrators who prefer memory to isolation: what ends one, ends all.

provd says on stdin, a line each, whom to take in and whom to let go. Each has a socket and a token of its own, so it is
asked as any other.
"""

from __future__ import annotations

import json
import logging
import queue
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from provd_plugin import Environment, Server, logs
from provd_plugin.process import end, made
from provd_wazo_host.loading import load

logger = logging.getLogger(__name__)

#: Seconds for calls that still run when a plugin is let go; it was told to finish before.
_GRACE = 0.5


def serve_orders(log: str) -> NoReturn:
    """Carries out orders until stdin ends, and ends the process with it. `log` says how much to log."""
    logs.start(log)
    orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    # Apart from the reading, so that the end of provd is noticed while a plugin is loaded that takes its time.
    threading.Thread(target=_carry_out, args=(orders, log), name="orders", daemon=True).start()
    for line in sys.stdin:
        orders.put(json.loads(line))
    logger.info("provd is gone, or needs this process no more")
    end(0)


def _carry_out(orders: queue.SimpleQueue[dict[str, Any]], log: str) -> None:
    servers: dict[int, Server] = {}
    while True:
        order = orders.get()
        try:
            if "load" in order:
                _take_in(order["load"], log, servers)
            else:
                _let_go(order["unload"], servers)
        except Exception:
            # provd notices that nobody answers, or has noticed that nobody is there.
            logger.exception("an order could not be carried out")


def _take_in(place: dict[str, Any], log: str, servers: dict[int, Server]) -> None:
    folders = {name: Path(place[name]) for name in ("folder", "overrides", "scratch", "socket")}
    environment = Environment(id=place["id"], token=place["token"], log=log, **folders)
    server = Server(made(load, environment), environment)
    server.start()
    servers[place["place"]] = server
    logger.info("serving %s", environment.id)


def _let_go(place: int, servers: dict[int, Server]) -> None:
    server = servers.pop(place, None)
    if server is not None:
        server.stop(_GRACE)
