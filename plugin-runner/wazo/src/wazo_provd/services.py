"""Parameters that an administrator sets for one plugin, and where a plugin keeps them."""

from __future__ import annotations

import json
import logging
import os
from abc import ABCMeta, abstractmethod
from typing import Any

logger = logging.getLogger(__name__)


class InvalidParameterError(Exception):
    """A value that a parameter cannot have."""


class AbstractConfigurationService(metaclass=ABCMeta):
    """Parameters by name; unknown names raise `KeyError`.

    `description` is a list of (name, text) pairs, `description_fr` the same in another language.
    """

    @abstractmethod
    def get(self, name: str) -> str | None:
        """The value of a parameter, `None` if it has none."""

    @abstractmethod
    def set(self, name: str, value: str | None) -> None:
        """Sets a parameter; raises `InvalidParameterError`."""


class AbstractInstallationService(metaclass=ABCMeta):
    """Packages that a plugin installs; the server does that (see `wazo_provd.firmware`)."""


class JsonConfigPersister:
    """Keeps parameters in a JSON file, which is written on every change."""

    def __init__(self, filename: str) -> None:
        self._filename = filename
        self._values = self._read()

    def params(self) -> dict[str, Any]:
        """A copy of all that is kept."""
        return dict(self._values)

    def update(self, name: str, value: Any) -> None:
        """Keeps one value."""
        self._values[name] = value
        staged = self._filename + ".tmp"
        with open(staged, "w", encoding="utf-8") as file:
            json.dump(self._values, file)
        os.replace(staged, self._filename)

    def _read(self) -> dict[str, Any]:
        try:
            with open(self._filename, encoding="utf-8") as file:
                values = json.load(file)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            logger.warning("parameters in %s are not used: %s", self._filename, type(error).__name__)
            return {}
        return values if isinstance(values, dict) else {}


class PersistentConfigurationServiceDecorator:
    """A configuration service whose parameters are kept, and set again when it is made."""

    def __init__(self, cfg_service: Any, persister: Any) -> None:
        self._cfg_service = cfg_service
        self._persister = persister
        for name, value in persister.params().items():
            self._restore(name, value)

    def get(self, name: str, *arguments: Any, **more: Any) -> Any:
        """The value of a parameter."""
        return self._cfg_service.get(name, *arguments, **more)

    def set(self, name: str, value: Any, *arguments: Any, **more: Any) -> None:
        """Sets a parameter and keeps it; one that is part of another is kept with that."""
        self._cfg_service.set(name, value, *arguments, **more)
        parts = getattr(self._cfg_service, "VIRTUAL_ATTRIBUTES", {})
        if name in parts:
            name = parts[name]["parent"]
            value = self._cfg_service.get(name)
        self._persister.update(name, value)

    def __getattr__(self, name: str) -> Any:
        """Descriptions, which are the service's own."""
        return getattr(self._cfg_service, name)

    def _restore(self, name: str, value: Any) -> None:
        try:
            self._cfg_service.set(name, value)
        except (KeyError, InvalidParameterError) as error:
            logger.warning("parameter %s is not set: %s", name, type(error).__name__)


#: The name that some plugins still import it by.
PersistentConfigureServiceDecorator = PersistentConfigurationServiceDecorator
