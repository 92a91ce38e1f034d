"""A plugin of wazo-provd as a plugin of provd: each call of the contract, in terms of that plugin's methods.

Refuses to let an exception of the plugin stop the process, or its text reach anyone (see `provd_wazo_host.failure`).
"""

from __future__ import annotations

import errno
import logging
import os
from types import CodeType
from typing import Any, Callable

from provd_plugin import (
    Association,
    CannotWork,
    CommonConfiguration,
    Configuration,
    Description,
    Device,
    DeviceInfo,
    Environment,
    Extraction,
    GeneratedFile,
    Plugin,
    PluginError,
    RawConfig,
    Request,
    SipNotify,
    Support,
    ToldByPlugin,
    Unavailable,
    Warning,
)
from provd_wazo_host import capabilities, extraction, filters, loader, parameters, serving, synchronization
from provd_wazo_host.capture import Capture, Captured
from provd_wazo_host.clock import Clock, Moments, input_digest
from provd_wazo_host.failure import Failures
from provd_wazo_host.turn import Turn
from provd_wazo_host.working_copy import WorkingCopy
from wazo_provd.devices.pgasso import BasePgAssociator

logger = logging.getLogger(__name__)

#: Seconds to wait for another call: less than the deadline of each, so that the answer says why there is none.
_LONG, _SHORT = 4.5, 1.5
#: Seconds after which a call that has not ended makes the plugin unwell, and after which the process gives itself up.
_UNWELL, _LOST = 10.0, 60.0
#: What a plugin's files cannot be written for, without any fault of theirs.
_OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO)
#: Where the plugin's static files are in its folder.
_STATIC = os.path.join("var", "tftpboot")


class WazoPlugin(Plugin):
    """One loaded plugin. Its calls run one at a time."""

    def __init__(
        self, environment: Environment, end: Callable[[int], Any] = os._exit, clock: Clock | None = None
    ) -> None:
        """Loads the plugin; raises `NoPlugin`, `OSError`, or whatever its code raises. `end` ends the process."""
        self._id, self._end = environment.id, end
        self._clock = clock or Clock()
        self._turn = Turn()
        self._info = loader.read_info(environment.folder)
        self._copy = WorkingCopy(environment.folder, environment.overrides, environment.scratch)
        stated = parameters.read(environment.overrides)
        codes: list[CodeType] = []
        self.plugin = loader.load(self._copy.folder, environment.id, stated, codes, self._clock.modules)
        folders = (os.path.realpath(environment.folder), str(self._copy.folder))
        self._failures = Failures(folders, codes)
        parameters.apply(self.plugin, stated)
        self._capture = Capture(self._copy)
        self._moments = Moments(environment.scratch / "moments")
        self._services = serving.Services(self.plugin, str(self._copy.tftpboot))
        self._description = self._describe()

    def describe(self) -> Description:
        """From `plugin-info`, and what the plugin was found to accept."""
        return self._description

    def extract(self, request: Request) -> Extraction:
        """Facts by the extractor for this kind of request."""
        with self._turn.taken("Extract", _SHORT):
            return extraction.extract(self.plugin, request)

    def associate(self, info: DeviceInfo) -> Association:
        """The score by the plugin's associator."""
        associator = self.plugin.pg_associator
        if associator is None:
            return Association(Support.NONE, may_be_remembered=True)
        facts = {name: value for name, value in vars(info).items() if value is not None}
        try:
            with self._turn.taken("Associate", _SHORT):
                score = int(associator.associate(facts))
        except PluginError:
            raise
        except Exception as error:
            logger.warning("the plugin cannot score a phone: %s", self._failures.describe(error))
            return Association(Support.NONE)
        is_usual = type(associator).associate is BasePgAssociator.associate
        return Association(_support(score), may_be_remembered=is_usual)

    def configure_common(self, raw_config: RawConfig) -> CommonConfiguration:
        """The files that the plugin writes for all devices."""
        document = raw_config.document
        with self._turn.taken("ConfigureCommon", _LONG):
            written, error = self._written(None, raw_config, lambda: self.plugin.configure_common(document))
            if error is not None and not written:
                raise self._refusal(error)
            # Files are of one phone or another: where one cannot be made, those before it are of use.
            told = "" if error is None else self._failures.describe(error)
            warnings = [Warning(f"not all common files could be made: {told}")] if told else []
            return CommonConfiguration([self._file(file) for file in written], warnings)

    def configure(self, device: Device, raw_config: RawConfig) -> Configuration:
        """The files that the plugin writes for this device."""
        record, document = device.document, raw_config.document
        with self._turn.taken("Configure", _LONG):
            written, error = self._written(device, raw_config, lambda: self.plugin.configure(record, document))
            if error is not None:
                raise self._refusal(error)
            return Configuration([self._file(file) for file in written], self._trigger(device.document, written))

    def deconfigure(self, device: Device) -> None:
        """Lets the plugin forget the device; that its files are gone already is no error."""
        record = device.document
        with self._turn.taken("Deconfigure", _LONG):
            _, error = self._capture.run(lambda: self.plugin.deconfigure(record))
            self._moments.forget(device.id)
        if error is not None:
            logger.debug("deconfigure: %s", self._failures.describe(error))

    def synchronize(self, device: Device, raw_config: RawConfig) -> SipNotify | ToldByPlugin:
        """The NOTIFY that the plugin asks for, or word that it has told the phone itself."""
        with self._turn.taken("Synchronize", _SHORT):
            return synchronization.synchronize(self.plugin, device.document, raw_config.document, self._failures)

    def serve_file(self, device: Device, request: Request) -> serving.Answer:
        """The answer of the plugin's service."""
        with self._turn.taken("ServeFile", _SHORT):
            try:
                return self._services.answer(device, request)
            except PluginError:
                raise
            except Exception as error:
                raise PluginError(self._failures.describe(error)) from None

    def drain(self) -> None:
        """Closes the plugin, and removes its working copy."""
        try:
            self.plugin.close()
        finally:
            self._copy.remove()

    def is_serving(self) -> bool:
        """Whether calls end. A process whose call never does gives itself up, for a new one can work."""
        purpose, seconds = self._turn.seconds_taken()
        if seconds > _LOST:
            logger.error("%s has not ended for %d s: this process ends, for another to begin", purpose, seconds)
            self._end(1)
        return seconds < _UNWELL

    def _describe(self) -> Description:
        derived = filters.derive(self.plugin)
        description = self._info.get("description")
        return Description(
            id=self._id,
            version=self._info["version"],
            description=description.split("\n")[0] if isinstance(description, str) else "",
            supported_devices=capabilities.supported_devices(self._info, derived.vendors),
            filters=derived.filters,
            sensitive_filenames=derived.sensitive_filenames or (),
            served_folders=(_STATIC,),
            firmware_folder=self._firmware_folder(),
        )

    def _firmware_folder(self) -> str:
        root = getattr(self.plugin.services.get("install"), "root_dir", None)
        if not isinstance(root, str):
            return ""
        folder = os.path.relpath(os.path.abspath(root), self._copy.tftpboot)
        return "" if folder.startswith(".") else folder.replace(os.sep, "/")

    def _written(
        self, device: Device | None, raw_config: RawConfig, write: Callable[[], object]
    ) -> tuple[list[Captured], Exception | None]:
        def digest() -> str:
            # Read anew, for the plugin may have changed what it was given.
            return input_digest(self._info["version"], device.document if device else {}, raw_config.document)

        device_id = device.id if device else ""
        moment = self._moments.of(device_id, digest)
        with self._clock.stopped(moment):
            outcome = self._capture.run(write)
        if self._clock.was_read:
            self._moments.keep(device_id, digest(), moment)
        return outcome

    def _refusal(self, error: Exception) -> PluginError:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _OF_THE_MACHINE):
            return Unavailable(f"the machine has not enough for that now: {type(error).__name__}")
        # The same input would fail again, so it is the input that does not suffice.
        return CannotWork(self._failures.describe(error))

    def _file(self, file: Captured) -> GeneratedFile:
        return GeneratedFile(file.path, file.content, sensitive=self._is_sensitive(os.path.basename(file.path)))

    def _is_sensitive(self, name: str) -> bool:
        try:
            return bool(self.plugin.is_sensitive_filename(name))
        except Exception as error:
            logger.warning("is %s sensitive? %s", name, self._failures.describe(error))
            return True

    def _trigger(self, device: dict[str, Any], written: list[Captured]) -> str:
        try:
            name = self.plugin.get_remote_state_trigger_filename(device)
        except Exception as error:
            logger.warning("no trigger file: %s", self._failures.describe(error))
            return ""
        if not name:
            return ""
        # Plugins name it without its folder.
        return next((file.path for file in written if os.path.basename(file.path) == name), name)


def _support(score: int) -> Support:
    """The best that this score reaches."""
    return max((support for support in Support if support.value <= score), default=Support.NONE)
