"""Runs one plugin written for wazo-provd, unmodified, as a plugin process of provd.

`python -m provd_wazo_host` in the environment that provd sets; `python -m provd_wazo_host.compare` proves what it
generates.
"""
