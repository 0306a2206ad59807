{#
    Follows `target` pointers to their end by doubling: `steps` joins reach chains of 2^steps links, and a cycle ends.
    relation: a CTE with the columns `id` and `target`, one row per id, target never null and never id itself.
    Gives CTE text with the columns id, root, is_cycle, links (how many pointers lie between id and root); in a cycle, or
    on a chain that leads into one, every id is its own root, without links.
#}
{% macro chain_roots(relation, steps=6) -%}
    {%- set ns = namespace(current=relation) -%}
    with
    {% for step in range(steps) %}
    hop_{{ step }} as (
        select
            here.id,
            coalesce(onward.target, here.target) as target,
            {% if loop.first -%}
            case when onward.id is null then 1 else 2 end as links
            {%- else -%}
            here.links + coalesce(onward.links, 0) as links
            {%- endif %}
        from {{ ns.current }} as here
        left join {{ ns.current }} as onward on here.target = onward.id
    ),
    {%- set ns.current = 'hop_' ~ step %}
    {% endfor %}

    ended as (
        select
            hops.id,
            hops.target,
            hops.links,
            still.id is not null as is_cycle
        from {{ ns.current }} as hops
        left join {{ relation }} as still on hops.target = still.id
    )

    select
        id,
        case when is_cycle then id else target end as root,
        is_cycle,
        case when is_cycle then 0 else links end as links
    from ended
{%- endmacro %}
