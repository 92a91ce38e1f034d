# Acme IP200, what all phones of the model share
firmware.url = {{ http_base_url }}/firmware/ip200-1.2.bin
firmware.version = 1.2
