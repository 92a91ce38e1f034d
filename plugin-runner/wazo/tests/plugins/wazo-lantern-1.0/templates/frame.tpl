# Lantern
transport = {{ XX_transport }}
offset = {{ XX_offset }}
{% block lines %}{% endblock -%}
{% include "keys.tpl" -%}
