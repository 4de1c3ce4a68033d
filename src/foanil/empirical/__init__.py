"""What the text reads off its figures and tables, each as a pre-stated test of recorded runs.

`judgement` decides from one number per run, `series` holds recorded curves, `curves` and `risks` are the observations,
one function per claim, and `CLAIMS` lists the claims among which the error of 0.05 is split.
"""
