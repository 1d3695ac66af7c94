"""`make bench`: the performance table of README, measured now, and the bars it must keep.

Everything is measured beside a floor in the same run, in turns, on generated cases, as the role that serves. Where what
is measured stands: `listing` (the case list), `searching`, `saving` (records under audit), `sealing` (the audit sealed
and checked), `writers` (sixteen of them while it is sealed). `databases` makes the cases, `worker` measures inside one
database, `bars` holds the limits, `telling` writes the tables, `__main__` runs it all.
"""
