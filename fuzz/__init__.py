"""Hostile input for every surface of the package: `python -m fuzz`, or `make fuzz`; a sample runs with the tests."""
