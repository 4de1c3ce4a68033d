"""Finitely many tasks and samples: every method of Section 5, from the definitions (1)-(3) and (12) alone.

This is the derivation side: it must not import `foanil.statements`, directly or not.
"""
