"""The two protocols that phones fetch files by."""
