"""Section 4: Burer-Monteiro factorisation (12) against FO-ANIL; the parts are derived in sister modules."""

from __future__ import annotations

from proofs import burer_monteiro, burer_monteiro_landscape, burer_monteiro_many_tasks, burer_monteiro_parity

DERIVATIONS = (
    *burer_monteiro.DERIVATIONS,
    *burer_monteiro_landscape.DERIVATIONS,
    *burer_monteiro_many_tasks.DERIVATIONS,
    *burer_monteiro_parity.DERIVATIONS,
)
