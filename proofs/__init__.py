"""Proofs of the paper's results: one file per result, each a printable derivation with the checks it supports."""
