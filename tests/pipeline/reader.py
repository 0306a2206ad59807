"""An analyst's process: queries `current/marts.duckdb` over and over until it is told to stop.

Usage: python reader.py MARTS STOP_FILE. Prints a line of JSON: how many reads, what was read, what went wrong.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb


def main(marts: str, stop: Path) -> None:
    reads, seen, errors = 0, set(), []
    while not stop.exists():
        try:
            with duckdb.connect(marts, read_only=True) as connection:
                rows = connection.execute(
                    "select max(as_of_date), (select count(*) from customer.dim_customers),"
                    " (select sum(revenue_net) from customer.fct_orders) from score.fct_overall_score"
                ).fetchall()
            seen.add(" ".join(map(str, rows[0])))
            reads += 1
        except duckdb.Error as error:
            errors.append(str(error))
        # Often enough to meet the switch, seldom enough to leave the refresh its processor.
        time.sleep(0.05)
    print(json.dumps({"reads": reads, "seen": sorted(seen), "errors": errors}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
