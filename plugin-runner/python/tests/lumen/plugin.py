"""Lumen L2 and L4 desk phones with firmware 2.1: an invented family that asks as many real ones do."""

import re

import provd_plugin as sdk

AGENT = re.compile(r"^Lumen (L\d) ([\d.]+) ([0-9a-f]{12})$")
OWN_FILE = re.compile(r"^Lumen/([0-9a-f]{12})\.cfg$")


class Lumen(sdk.Plugin):
    def __init__(self, environment):
        self.templates = sdk.Templates(environment.overrides / "templates", environment.folder / "templates")

    def describe(self):
        return sdk.Description(
            id="lumen-2.1",
            version="1.0.0",
            supported_devices=[
                sdk.SupportedDevice("Lumen", "L2", "2.1", sdk.Capabilities(lines=2, type="deskphone")),
                sdk.SupportedDevice("Lumen", "L4", "2.1", sdk.Capabilities(lines=4, type="deskphone")),
            ],
            filters=[
                sdk.RequestFilter(sdk.RequestKind.HTTP, user_agent="^Lumen "),
                sdk.RequestFilter(sdk.RequestKind.TFTP, path="^/?Lumen/"),
            ],
            sensitive_filenames=[r"^[0-9a-f]{12}\.cfg$"],
            served_folders=["served"],
        )

    def extract(self, request):
        agent = AGENT.match(request.http.user_agent) if request.http else None
        if agent:
            model, version, mac = agent.groups()
            facts = sdk.DeviceInfo(vendor="Lumen", model=model, version=version, mac=with_colons(mac))
            return sdk.Extraction(facts, may_be_remembered=True)
        own_file = OWN_FILE.match(request.path) if request.tftp else None
        return sdk.DeviceInfo(vendor="Lumen", mac=with_colons(own_file[1])) if own_file else None

    def configure(self, device, raw_config):
        if device.info.mac is None:
            raise sdk.CannotWork("a Lumen asks by its MAC address: add `mac` to the device")
        path = f"Lumen/{device.info.mac.replace(':', '')}.cfg"
        content = self.templates.render("phone.cfg", device=device, raw_config=raw_config)
        return sdk.Configuration([sdk.GeneratedFile(path, content, sensitive=True)], trigger_path=path)

    def synchronize(self, device, raw_config):
        return sdk.SipNotify("check-sync;reboot=false")

    def serve_file(self, device, request):
        if not request.path.startswith("Lumen/"):
            raise sdk.NotFound("phones of this family have all their files in Lumen")
        # What was not generated is looked for in the folder `served`, so one answer does for all files.
        return sdk.Generated(request.path, sdk.Memory.BY_DEVICE)


def with_colons(mac):
    return ":".join(re.findall("..", mac))


if __name__ == "__main__":
    sdk.serve(Lumen)
