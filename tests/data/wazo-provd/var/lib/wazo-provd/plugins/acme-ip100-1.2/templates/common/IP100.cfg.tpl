# Acme IP100, what all phones of the model share
firmware.url = {{ http_base_url }}/firmware/ip100-1.2.bin
firmware.version = 1.2
