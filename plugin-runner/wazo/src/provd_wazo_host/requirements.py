"""The libraries this host needs besides Python's own, and what to do about those that are missing."""

from __future__ import annotations

from importlib.util import find_spec

#: Modules, with their names as packages of Debian and of PyPI.
_LIBRARIES = {
    "grpc": ("python3-grpcio", "grpcio"),
    "google.protobuf": ("python3-protobuf", "protobuf"),
    "twisted": ("python3-twisted", "twisted"),
    "jinja2": ("python3-jinja2", "jinja2"),
    "packaging": ("python3-packaging", "packaging"),
}


def missing() -> list[str]:
    """Modules that cannot be imported."""
    return [module for module in _LIBRARIES if not _is_there(module)]


def advice(modules: list[str]) -> str:
    """One line that names them and says how they are installed."""
    debian = " ".join(_LIBRARIES[module][0] for module in modules)
    pypi = " ".join(_LIBRARIES[module][1] for module in modules)
    return (
        f"plugins of wazo-provd need Python libraries that this Python lacks: {', '.join(modules)}. "
        f"Install them with `apt install {debian}`, or `pip install {pypi}`"
    )


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        # Its parent is missing.
        return False
