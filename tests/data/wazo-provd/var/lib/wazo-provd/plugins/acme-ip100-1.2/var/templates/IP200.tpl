{% include 'base.tpl' %}

# The reception's own
screen.logo = {{ http_base_url }}/logo.bmp
