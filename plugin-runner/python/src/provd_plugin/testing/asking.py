"""A plugin as a test asks it: plain values go in and come out, and messages of the contract are what is between."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from provd_plugin.contract import message_class
from provd_plugin.conversion.questions import device_info
from provd_plugin.conversion.writing import write
from provd_plugin.model import (
    Association,
    CommonConfiguration,
    Configuration,
    Description,
    Device,
    DeviceInfo,
    DhcpRequest,
    Extraction,
    Generated,
    HttpCall,
    HttpRequest,
    Inline,
    Memory,
    RawConfig,
    Request,
    Served,
    SipNotify,
    Support,
    TftpRequest,
    ToldByPlugin,
)
from provd_plugin.model.reading import record

# Where the phone is that asks: an address reserved for documentation (RFC 5737).
PHONE_IP = "192.0.2.100"
_VENDOR_CLASS = 60


class Asker:
    """Asks a plugin as provd does. Each call raises `Refusal` where provd would get an error."""

    def call(self, name: str, asked: Any) -> Any:
        """The response to a message of the contract."""
        raise NotImplementedError

    def describe(self) -> Description:
        """What the plugin says of itself."""
        return record(Description, self.call("Describe", message_class("DescribeRequest")()))

    def extract(self, request: Request) -> Extraction:
        """Facts out of a request, and whether they may be remembered."""
        asked = message_class("ExtractRequest")()
        write_request(request, asked.request)
        response = self.call("Extract", asked)
        memory = response.memory
        info = device_info(response.info) if response.HasField("info") else None
        return Extraction(info, memory.allowed, tuple(memory.vary_headers), tuple(memory.vary_dhcp_options))

    def extract_http(
        self, path: str, user_agent: str = "", headers: Iterable[tuple[str, str]] = (), ip: str = PHONE_IP
    ) -> DeviceInfo | None:
        """Facts out of a GET; `None` if it says nothing to the plugin."""
        return self.extract(http_request(path, user_agent, headers, ip)).info

    def extract_tftp(self, filename: str, ip: str = PHONE_IP) -> DeviceInfo | None:
        """Facts out of a TFTP read request."""
        return self.extract(Request(ip, tftp=TftpRequest(filename))).info

    def extract_dhcp(
        self, mac: str, vendor_class: str = "", options: Mapping[int, bytes] | None = None, ip: str = PHONE_IP
    ) -> DeviceInfo | None:
        """Facts out of a DHCP lease, `vendor_class` being option 60."""
        stated = dict(options or {})
        if vendor_class:
            stated[_VENDOR_CLASS] = vendor_class.encode("latin-1")
        return self.extract(Request(ip, dhcp=DhcpRequest(mac, stated))).info

    def associate(self, info: DeviceInfo) -> Association:
        """How well the plugin supports a phone."""
        asked = message_class("AssociateRequest")()
        write(info, asked.info, "info")
        response = self.call("Associate", asked)
        return Association(Support(response.support), response.may_be_remembered)

    def configure_common(self, raw_config: RawConfig | Mapping[str, Any]) -> CommonConfiguration:
        """The files shared by all devices, their contents as bytes."""
        asked = message_class("ConfigureCommonRequest")()
        write_raw_config(raw_config, asked.raw_config)
        return record(CommonConfiguration, self.call("ConfigureCommon", asked))

    def configure(self, device: Device | DeviceInfo, raw_config: RawConfig | Mapping[str, Any]) -> Configuration:
        """The files of one device, their contents as bytes."""
        asked = message_class("ConfigureRequest")()
        write_device(device, asked.device)
        write_raw_config(raw_config, asked.raw_config)
        return record(Configuration, self.call("Configure", asked))

    def deconfigure(self, device: Device | DeviceInfo) -> None:
        """Lets the plugin forget a device."""
        asked = message_class("DeconfigureRequest")()
        write_device(device, asked.device)
        self.call("Deconfigure", asked)

    def synchronize(
        self, device: Device | DeviceInfo, raw_config: RawConfig | Mapping[str, Any]
    ) -> SipNotify | HttpCall | ToldByPlugin:
        """How the phone is told to fetch its files again."""
        asked = message_class("SynchronizeRequest")()
        write_device(device, asked.device)
        write_raw_config(raw_config, asked.raw_config)
        response = self.call("Synchronize", asked)
        method = response.WhichOneof("method")
        kinds = {"sip_notify": SipNotify, "http_call": HttpCall, "told_by_plugin": ToldByPlugin}
        answer: SipNotify | HttpCall | ToldByPlugin = record(kinds[method], getattr(response, method))
        return answer

    def serve(
        self, path: str, device: Device | DeviceInfo | None = None, user_agent: str = ""
    ) -> Generated | Served | Inline:
        """What a GET of this device is answered with."""
        return self.serve_file(device or DeviceInfo(), http_request(path, user_agent))

    def serve_tftp(self, filename: str, device: Device | DeviceInfo | None = None) -> Generated | Served | Inline:
        """What a TFTP read request of this device is answered with."""
        return self.serve_file(device or DeviceInfo(), Request(PHONE_IP, tftp=TftpRequest(filename)))

    def serve_file(self, device: Device | DeviceInfo, request: Request) -> Generated | Served | Inline:
        """What a request of this device is answered with."""
        asked = message_class("ServeFileRequest")()
        write_device(device, asked.device)
        write_request(request, asked.request)
        response = self.call("ServeFile", asked)
        memory = Memory(response.memory)
        kind = response.WhichOneof("answer")
        if kind == "generated":
            return Generated(response.generated.path, memory)
        if kind == "served":
            return Served(response.served.path, response.served.media_type, memory)
        inline = response.inline
        return Inline(inline.content, inline.media_type, inline.sensitive, memory)


def http_request(
    path: str, user_agent: str = "", headers: Iterable[tuple[str, str]] = (), ip: str = PHONE_IP
) -> Request:
    """A GET as provd understands it: names of headers in lower case."""
    stated = [(name.lower(), value) for name, value in headers]
    if user_agent:
        stated.append(("user-agent", user_agent))
    return Request(ip, http=HttpRequest("GET", path, "", tuple(stated)))


def write_request(request: Request, message: Any) -> None:
    """A request as provd sends it."""
    message.ip = request.ip
    if request.http is not None:
        http = request.http
        message.http.method, message.http.path, message.http.query = http.method, http.path, http.query
        for name, value in http.headers:
            message.http.headers.add(name=name, value=value)
    elif request.tftp is not None:
        message.tftp.filename = request.tftp.filename
    elif request.dhcp is not None:
        write(request.dhcp, message.dhcp, "request.dhcp")


def write_device(device: Device | DeviceInfo, message: Any) -> None:
    """A device as provd sends it; facts alone are those of a device named `device`."""
    stated = Device("device", device) if isinstance(device, DeviceInfo) else device
    write(stated, message, "device")


def write_raw_config(raw_config: RawConfig | Mapping[str, Any], message: Any) -> None:
    """A raw config as provd sends it, from a document if it is one."""
    stated = raw_config if isinstance(raw_config, RawConfig) else RawConfig.from_document(raw_config)
    message.CopyFrom(stated.message)
