"""The command: runs a trial for each plugin, and prints what they found as a table, or as JSON."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from provd_wazo_host.compare import answers

#: When the answers were made, unless said otherwise.
_CLOCK = "2026-01-15T12:00:00+00:00"
#: Seconds that one plugin may take.
_PATIENCE = 300


def main() -> int:
    """Runs all trials; 0 if nothing differs, 1 if something does, 2 if there is nothing to compare."""
    arguments = _arguments()
    names = [name for name in answers.plugins(arguments.answers) if not arguments.only or name in arguments.only]
    if not names:
        print(f"{arguments.answers} holds no answers about such plugins", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(arguments.jobs) as pool:
        found = list(pool.map(lambda name: _tried(arguments, name), names))
    print(json.dumps(found, indent=2) if arguments.json else _table(found))
    return 1 if any(trial["differences"] for trial in found) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m provd_wazo_host.compare", description=__doc__)
    parser.add_argument("--plugins", type=Path, required=True, help="folder of plugins, each named by its id")
    parser.add_argument("--answers", type=Path, required=True, help="folder of answers, as the package describes it")
    parser.add_argument("--clock", default=_CLOCK, help="moment at which the answers were made (default: %(default)s)")
    parser.add_argument("--only", nargs="+", metavar="ID", help="these plugins alone")
    parser.add_argument("--models", action="store_true", help="also configure every model that plugin-info names")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="plugins at a time (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    for folder in (arguments.plugins, arguments.answers):
        if not folder.is_dir():
            parser.error(f"{folder} is no folder")
    try:
        if datetime.datetime.fromisoformat(arguments.clock).tzinfo is None:
            parser.error("--clock needs a time zone: 2026-01-15T12:00:00+00:00")
    except ValueError as error:
        parser.error(f"--clock: {error}")
    return arguments


def _tried(arguments: argparse.Namespace, name: str) -> dict[str, Any]:
    """What the trial of a plugin found; one that could not be held is a difference."""
    with tempfile.TemporaryDirectory() as room:
        result = Path(room, "result.json")
        places = [arguments.plugins / name, arguments.answers, result, arguments.clock]
        command = [sys.executable, "-m", "provd_wazo_host.compare.trial", *map(str, places)]
        command += ["--models"] if arguments.models else []
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
            why = done.stderr.strip().rpartition("\n")[2] or f"ended with {done.returncode}"
        except subprocess.TimeoutExpired:
            why = f"took more than {_PATIENCE} s"
        if result.exists():
            found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
            return found
    return {"plugin": name, "files": 0, "identical": 0, "cases": 0, "models": 0, "differences": [f"not loaded: {why}"]}


def _table(found: list[dict[str, Any]]) -> str:
    width = max(len(trial["plugin"]) for trial in found)
    lines = [f"{'plugin':{width}}  cases  files  identical"]
    for trial in found:
        lines.append(f"{trial['plugin']:{width}}  {trial['cases']:5}  {trial['files']:5}  {trial['identical']:9}")
        lines += [f"    {difference}" for difference in trial["differences"]]
    return "\n".join([*lines, "", _sum(found)])


def _sum(found: list[dict[str, Any]]) -> str:
    loaded = sum("seconds" in trial for trial in found)
    files, identical = (sum(trial[key] for trial in found) for key in ("files", "identical"))
    share = f"{100 * identical / files:.2f} %" if files else "none"
    cases, models = (sum(trial[key] for trial in found) for key in ("cases", "models"))
    differences = sum(len(trial["differences"]) for trial in found)
    return (
        f"{loaded} of {len(found)} plugins loaded, {cases} cases, {identical} of {files} files identical ({share}), "
        f"{models} models configured, {differences} differences"
    )


if __name__ == "__main__":
    sys.exit(main())
