"""Mutants of the trusted code, made and run by mutmut: `make code-mutants`; this folder judges what survived."""
