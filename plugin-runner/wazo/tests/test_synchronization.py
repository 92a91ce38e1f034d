"""How phones are told to fetch their files again."""

from __future__ import annotations

from pathlib import Path

import made
import pytest

from provd_plugin import CannotWork, SipNotify, ToldByPlugin, Unsupported

_WAYS = """
    def synchronize(self, device, raw_config):
        return getattr(self, '_' + raw_config['how'])(device)
    def _notify(self, device):
        return synchronize.standard_sip_synchronize(device)
    def _variables(self, device):
        lines = ['Content-Type=text/plain', 'Content=a=1', 'Content=b']
        return synchronize.standard_sip_synchronize(device, event='reboot', extra_vars=lines)
    def _thread(self, device):
        return threads.deferToThread(lambda: None)
    def _failing_thread(self, device):
        def fail():
            raise OSError('no phone at ' + device['ip'])
        return threads.deferToThread(fail)
    def _plain(self, device):
        return None
    def _unsupported(self, device):
        return defer.fail(Exception('operation not supported'))
    def _literal(self, device):
        return defer.fail(Exception('IP address needed'))
"""


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("notify", SipNotify("check-sync", {})),
        ("variables", SipNotify("reboot", {"Content-Type": "text/plain", "Content": "a=1\nb"})),
        ("thread", ToldByPlugin()),
        ("plain", ToldByPlugin()),
    ],
)
def test_what_a_plugin_does_is_how_the_phone_is_told(tmp_path: Path, how: str, told: object) -> None:
    host = made.host(tmp_path, _WAYS)
    assert host.synchronize(made.device(ip="192.0.2.9"), made.raw_config(how=how)) == told
    # Nothing of an earlier call is left.
    assert host.synchronize(made.device(ip="192.0.2.9"), made.raw_config(how="plain")) == ToldByPlugin()


@pytest.mark.parametrize(
    ("how", "kind", "text"),
    [
        ("unsupported", Unsupported, "cannot be told"),
        ("literal", CannotWork, "Exception: IP address needed"),
        ("failing_thread", CannotWork, r"the phone could not be told: OSError \(entry\.py line \d+\)$"),
    ],
)
def test_a_plugin_that_cannot_tell_says_why(tmp_path: Path, how: str, kind: type[Exception], text: str) -> None:
    host = made.host(tmp_path, _WAYS)
    with pytest.raises(kind, match=text):
        host.synchronize(made.device(ip="192.0.2.9"), made.raw_config(how=how))


def test_a_phone_without_address_and_account_cannot_be_told(tmp_path: Path) -> None:
    host = made.host(tmp_path, _WAYS)
    with pytest.raises(CannotWork, match="neither the address"):
        host.synchronize(made.device(remote_state_sip_username="apabcdefgh"), made.raw_config(how="notify"))
    account = made.device(remote_state_sip_username="user101")
    assert host.synchronize(account, made.raw_config(how="notify")) == SipNotify("check-sync", {})
