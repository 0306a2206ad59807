"""A person asks to be forgotten, from the command to the published generation."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.publish.generations import generation_numbers
from tests.pipeline.world import World

COMPANY = "anlan_safety"


@pytest.fixture
def asked(refreshed: World, tmp_path: Path) -> tuple[World, str]:
    """A published company of its own, and the pseudonym of one of its customers who has orders."""
    world = refreshed.branch(tmp_path, COMPANY)
    with world.marts(COMPANY) as marts:
        found = marts.execute(
            "select customer_id from customer.dim_customers order by order_count desc, customer_id"
        ).fetchone()
    assert found is not None
    return world, str(found[0])


def test_a_forgotten_customer_is_in_no_generation(asked: tuple[World, str]) -> None:
    """An old generation is one rollback away from being published again."""
    world, person = asked
    ran = world.bookworth("erase", COMPANY, person)
    assert ran.code == 0, ran.err
    assert "1 more on the list" in ran.out
    assert "000001: `bookworth refresh anlan_safety` replaces it" in ran.out
    early = world.bookworth("erase", COMPANY, "--purge")
    assert (early.code, "published and holds them" in early.err) == (1, True)

    ran = world.bookworth("refresh", COMPANY)
    assert ran.code == 0, ran.err
    assert "000001: --purge removes it" in world.bookworth("erase", COMPANY).out
    ran = world.bookworth("erase", COMPANY, "--purge")
    assert "removed 1 generations and 0 landed copies" in ran.out
    assert generation_numbers(world.paths(COMPANY)) == [2]
    with world.marts(COMPANY) as marts:
        erased = marts.execute("select sum(erased) from quality.fct_row_accounting").fetchall()[0][0]
        assert erased >= 2  # the customer and at least one order
        for table in ("customer.dim_customers", "customer.fct_orders", "customer.fct_customer_months"):
            held = marts.execute(f"select count(*) from {table} where customer_id = ?", [person]).fetchall()
            assert held == [(0,)], table
