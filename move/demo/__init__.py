"""Fictional data: a district to look at (`seed_demo`) and cases in numbers to measure with (`generate_volume`)."""
