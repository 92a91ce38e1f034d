# Acme provisioning file
server.url = {{ http_base_url }}
{% if ntp_enabled -%}
server.ntp = {{ ntp_ip }}
{% endif -%}
{% if admin_password is defined -%}
web.password = {{ admin_password }}
{% endif -%}
{% for number, line in sip_lines.items() -%}
line.{{ number }}.user = {{ line['username'] }}
line.{{ number }}.password = {{ line['password'] }}
line.{{ number }}.name = {{ line['display_name'] }}
line.{{ number }}.server = {{ line['proxy_ip'] or sip_proxy_ip }}
{% endfor -%}
{% for number, key in funckeys.items() -%}
key.{{ number }} = {{ key['type'] }} {{ key['value'] }}
{% endfor %}
