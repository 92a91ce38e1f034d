"""Between messages of the contract and the plain values of `provd_plugin.model`, both ways. Nothing here calls a
plugin.
"""
