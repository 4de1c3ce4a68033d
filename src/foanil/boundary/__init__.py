"""How large each hidden constant of Theorem 1 may be: what is proved, what a search did not refute, what is refuted.

`instances` certifies failures exactly, `spaces` turns vectors into problems, `search` looks for bad ones.
"""
