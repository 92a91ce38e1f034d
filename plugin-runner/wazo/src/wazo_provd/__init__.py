"""What plugins written for wazo-provd import, implemented anew for a host that runs one of them in its own process.

Holds the names and behaviour such plugins rely on; refuses the server around them (devices, REST, downloads).
"""
