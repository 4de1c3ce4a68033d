"""Speed and memory, as ratios measured in one run: `python -m benchmarks` writes reports/performance.md."""

import os

# Kernels and baselines share threads out themselves, so BLAS is to use one in each. It reads this when it is loaded.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
