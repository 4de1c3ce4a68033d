"""The registry: one frozen record per claim, in the order of the paper."""
