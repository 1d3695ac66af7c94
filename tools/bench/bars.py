"""The limits: most of them how many times its floor something may take. Missed: exit code 1."""

LIST = 8.0  # times raw SQL for the same rows, without either lock
LIST_BESIDE_MEDIAN = 2.0  # times the median agency, the worst one
LIST_GROWTH = 1.3  # times itself, from the smaller number of cases to the larger
LIST_QUERIES = 8
CASE_QUERIES = 17
SEARCH = 3.0  # times the same words without protection
SAVE = 2.5  # times the same save without its trace
WRITERS_KEEP = 0.9  # of their throughput while the audit is sealed
SEAL_SECONDS = 10.0  # for 100,000 rows
VERIFY_SECONDS = 10.0
