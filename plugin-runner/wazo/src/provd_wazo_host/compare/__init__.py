"""Proves that this host generates what the server that the plugins were written for generates, byte for byte.

`python -m provd_wazo_host.compare --plugins DIR --answers DIR` runs every plugin there is an answer for, each in a
process of its own. The answers are files that the other server wrote:

    <plugin>/_common/raw_config.json          what the common files were generated from, files/ being these
    <plugin>/<model>/<case>/device.json       a device
                            raw_config.json   its raw config
                            expected.json     `error`, or null; `synchronize`; `remote_state_trigger`
                            files/            the files
"""
