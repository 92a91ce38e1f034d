{% for number, key in funckeys|d({})|dictsort -%}
key.{{ number }} = {{ key['type']|spaced }}
{% endfor -%}
