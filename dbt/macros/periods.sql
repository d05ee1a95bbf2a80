{# `start` moved by `steps` billing intervals. Months and years are counted from the anchor itself
   and clamped to the month's last day, so 31 January gives 28 February and then 31 March again. #}
{% macro step_interval(start, unit, steps) -%}
    case {{ unit }}
        when 'month' then {{ start }} + to_months(cast({{ steps }} as integer))
        when 'year' then {{ start }} + to_months(cast(12 * ({{ steps }}) as integer))
        when 'week' then {{ start }} + to_days(cast(7 * ({{ steps }}) as integer))
        when 'day' then {{ start }} + to_days(cast({{ steps }} as integer))
    end
{%- endmacro %}

{# Whole intervals between two instants, give or take one: callers leave a margin on both sides. #}
{% macro intervals_between(start, finish, unit) -%}
    case {{ unit }}
        when 'month' then datediff('month', {{ start }}, {{ finish }})
        when 'year' then datediff('year', {{ start }}, {{ finish }})
        when 'week' then datediff('day', {{ start }}, {{ finish }}) // 7
        when 'day' then datediff('day', {{ start }}, {{ finish }})
    end
{%- endmacro %}

{# The instant after every other one: an open end that compares like any other timestamp. #}
{% macro end_of_time() -%}
    timestamp '9999-12-31 00:00:00'
{%- endmacro %}
