"""How fast the product is, measured against what others would use. `make bench` runs everything (see README.md).

A bench is a module `bench_<name>.py` with a function `bench()` that yields `Measure`s and `Ratio`s. Each runs in a
process of its own and starts the servers it needs.
"""
