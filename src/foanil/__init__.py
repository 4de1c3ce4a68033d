"""foanil: a machine audit of *First-order ANIL provably learns representations despite overparametrisation*."""
