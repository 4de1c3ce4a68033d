"""The experiments of Section 5: configurations, resumable training runs, the cells of Table 1, the figures."""
