"""Deliveries in, typed and accounted rows out.

`landing.land` copies the delivered files, `raw.load_raw` reads them into raw Parquet and a fresh `work.duckdb`,
`reveal.reveal` finds the person behind a pseudonym. Everything a user can mend is an `errors.IngestError`.
"""
