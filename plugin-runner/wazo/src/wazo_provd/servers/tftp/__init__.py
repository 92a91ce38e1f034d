"""TFTP (RFC 1350), as plugins meet it."""
