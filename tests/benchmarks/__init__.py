"""Mainspring's speed, measured beside its peers: `make bench`, or `python -m tests.benchmarks`.

`ours/` and `peers/` hold the programs that are measured, each a process that prints one JSON line; `catalogue` says which of
ours is compared with which of theirs and what is aimed at; `process` runs one of them, `runner` runs them in turn, and
`comparison` and `report` make of it the table that is printed. Nothing here is imported by what is measured.
"""
