{# The id under which discounts and credit grants are computed for the lines that the invoice of an
   expected one really has (int_lines_as_billed), next to those for the expected lines. #}
{% macro as_billed(expected_invoice_id) -%}
    {{ expected_invoice_id }} || ':as_billed'
{%- endmacro %}
