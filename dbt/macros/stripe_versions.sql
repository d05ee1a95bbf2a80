{# Every version of one kind of Stripe object that has landed, of the home's own mode. An object
   that does not state its mode (balance transactions, refunds) is taken to be of it. The other
   mode's are quarantined. #}
{% macro stripe_versions(dataset) -%}
with

source as (

    select * from {{ source('lake', dataset) }}

),

parameters as (

    select * from {{ ref('stg_runs__parameters') }}

),

final as (

    select source.*
    from source
    cross join parameters
    where {{ is_of_the_homes_mode('source', 'parameters') }}

)

select * from final
{%- endmacro %}

{% macro is_of_the_homes_mode(object, parameters) -%}
coalesce({{ object }}.is_livemode = {{ parameters }}.is_livemode, true)
{%- endmacro %}
