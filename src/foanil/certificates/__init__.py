"""Certificates for one start: convergence to the limits of (8) proved, refuted, or undecided with the reason.

`certify` produces a certificate, `check` verifies one; they share the statement of the region and nothing else.
"""
