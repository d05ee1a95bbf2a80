"""Great Expectations suites as code: what must hold of a candidate snapshot, and what is worth a word about its data.

`published` says what must hold of the tables themselves: it blocks publication. `landed` looks at the data that came in
and at what was found: it never blocks. `validation` runs both inside DuckDB on the candidate file.
"""
