{# Whether all lines of an invoice are there: it says so itself, or those that landed as objects of
   their own make up its subtotal. An invoice without any list of lines has all of them only when
   there is nothing to bill. #}
{% macro has_all_lines(invoice, counted) -%}
(
    ({{ invoice }}.lines is not null and not coalesce({{ invoice }}.has_more_lines, false))
    or coalesce({{ counted }}.amount_minor, 0) = {{ invoice }}.subtotal_minor
)
{%- endmacro %}
