"""The one class a plugin is made of. It knows nothing of processes and messages: `serve` and `Server` do.

Every method may be called from several threads at once, so keep nothing in `self` that changes. A `PluginError` becomes
the gRPC code that says why; any other exception is logged, and is INTERNAL.
"""

from __future__ import annotations

from provd_plugin.errors import NotFound, Unsupported
from provd_plugin.model import (
    Association,
    CommonConfiguration,
    Configuration,
    Description,
    Device,
    DeviceInfo,
    Extraction,
    Generated,
    GeneratedFile,
    HttpCall,
    Inline,
    RawConfig,
    Request,
    Served,
    SipNotify,
    Support,
    ToldByPlugin,
)
from provd_plugin.support import support_by_models


class Plugin:
    """A family of phones in one firmware version."""

    def describe(self) -> Description:
        """Says what this plugin is: equal answers for the life of the process."""
        raise NotImplementedError("a plugin describes itself")

    def extract(self, request: Request) -> Extraction | DeviceInfo | None:
        """Reads facts about the phone out of a request that matched one of the filters. By default none."""
        return None

    def associate(self, info: DeviceInfo) -> Association | Support:
        """Says how well this plugin supports a phone of which these facts are known.

        By default it goes by the models that `describe` names.
        """
        return support_by_models(self.describe().supported_devices, info)

    def configure_common(self, raw_config: RawConfig) -> CommonConfiguration | list[GeneratedFile]:
        """Generates the files shared by all devices. By default there are none."""
        return CommonConfiguration(files=())

    def configure(self, device: Device, raw_config: RawConfig) -> Configuration | list[GeneratedFile]:
        """Generates the files of one device. Equal input gives equal bytes, for phones restart on a change.

        By default there are none.
        """
        return Configuration(files=())

    def deconfigure(self, device: Device) -> None:
        """Forgets what the plugin itself keeps about a device. By default it keeps nothing."""

    def synchronize(self, device: Device, raw_config: RawConfig) -> SipNotify | HttpCall | ToldByPlugin:
        """Says how this phone is told to fetch its files again. By default it cannot be told."""
        raise Unsupported("phones of this family cannot be told to fetch their files again")

    def serve_file(self, device: Device, request: Request) -> Generated | Served | Inline:
        """Names the file that an HTTP or TFTP request of this device is answered with. By default there is none."""
        raise NotFound("this plugin serves no files")

    def drain(self) -> None:
        """Is called once, when all calls have ended and no more will come."""

    def is_serving(self) -> bool:
        """Whether the plugin is well; while it is not, provd shows it as degraded. Asked every 3 s."""
        return True
