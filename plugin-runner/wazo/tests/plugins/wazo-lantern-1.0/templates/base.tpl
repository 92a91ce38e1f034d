{% extends "frame.tpl" -%}
{% block lines -%}
{% for number, line in sip_lines|dictsort -%}
line.{{ number }} = {{ line['username'] }}@{{ line['proxy_ip'] }}
line.{{ number }}.name = {{ line['display_name']|d('?')|e }}
line.{{ number }}.secret = {{ line['password'] }}
{% endfor -%}
{% endblock -%}
