{{ XX_model }} boots from {{ http_base_url }}
