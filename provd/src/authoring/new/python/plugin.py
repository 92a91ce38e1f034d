"""A provd plugin for phones of VENDOR.

`provd plugin test .` runs its cases, `provd plugin check .` finds out whether it keeps the contract, and `provd plugin run .`
serves phones with it.
"""

from __future__ import annotations

import re

from provd_plugin import (
    Association,
    CannotWork,
    Configuration,
    Description,
    Device,
    DeviceInfo,
    Extraction,
    Generated,
    GeneratedFile,
    Memory,
    NotFound,
    Plugin,
    RawConfig,
    Request,
    RequestFilter,
    RequestKind,
    Support,
    SupportedDevice,
    Warning,
    serve,
)

MAKE = "VENDOR"
FIRMWARE = "1.0.3"
MODELS = ("T1",)
USER_AGENT = re.compile(rf"{MAKE} (\S+) (\S+) ((?:[0-9A-Fa-f]{{2}}:){{5}}[0-9A-Fa-f]{{2}})$")


class Phones(Plugin):
    def describe(self) -> Description:
        return Description(
            id="NAME-1.0",
            version="0.1.0",
            description=f"{MAKE} phones",
            supported_devices=[SupportedDevice(MAKE, model, FIRMWARE) for model in MODELS],
            # Asked about no other requests than these.
            filters=[RequestFilter(kind=RequestKind.HTTP, user_agent=f"^{MAKE} ")],
            sensitive_filenames=[r"^[0-9a-f]{12}\.cfg$"],
        )

    def extract(self, request: Request) -> Extraction | None:
        """Out of `User-Agent: VENDOR T1 1.0.3 00:11:22:33:44:55`."""
        found = USER_AGENT.match(request.http.user_agent or "") if request.http else None
        if found is None:
            return None
        info = DeviceInfo(vendor=MAKE, model=found[1], version=found[2], mac=found[3].lower())
        # It depends on nothing but the User-Agent, so the same one need not be asked about again.
        return Extraction(info, may_be_remembered=True)

    def associate(self, info: DeviceInfo) -> Association:
        if info.vendor is None:
            support = Support.UNKNOWN
        elif info.vendor != MAKE:
            support = Support.IMPROBABLE
        elif info.model not in MODELS:
            support = Support.PROBABLE
        else:
            support = Support.EXACT if info.version == FIRMWARE else Support.COMPLETE
        return Association(support, may_be_remembered=True)

    def configure(self, device: Device, raw_config: RawConfig) -> Configuration:
        path = path_of(device)
        text = [f"time.server = {one_line(raw_config.ntp_ip)}"] if raw_config.ntp_ip else []
        # Equal input must give equal bytes, so the lines are in order.
        for number, line in sorted(raw_config.sip_lines.items()):
            text += [
                f"account.{number}.label = {one_line(line.display_name)}",
                f"account.{number}.server = {one_line(line.registrar.ip if line.registrar else '')}",
                f"account.{number}.user = {one_line(line.auth_username)}",
                f"account.{number}.password = {one_line(line.password)}",
            ]
        warnings = [] if raw_config.sip_lines else [Warning("there is no line for this phone", "sip_lines")]
        content = "".join(f"{line}\n" for line in text)
        return Configuration([GeneratedFile(path, content, sensitive=True)], trigger_path=path, warnings=warnings)

    def serve_file(self, device: Device, request: Request) -> Generated:
        wanted = request.http.path if request.http else request.tftp.filename if request.tftp else ""
        path = f"{MAKE}/{(device.info.mac or '').replace(':', '')}.cfg"
        if wanted.lstrip("/") != path:
            raise NotFound("there is no such file")
        return Generated(path, memory=Memory.BY_DEVICE)


def path_of(device: Device) -> str:
    if device.info.mac is None:
        raise CannotWork("its MAC address is not known")
    return f"{MAKE}/{device.info.mac.replace(':', '')}.cfg"


def one_line(value: str) -> str:
    """Nobody's display name shall become a line of its own."""
    return "".join(character for character in value if character.isprintable())


if __name__ == "__main__":
    serve(Phones())
