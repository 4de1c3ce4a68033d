"""Sweeps over the pure numbers of the problem: many random starts at many points, in chunks, on any number of workers.

A sweep is a TOML file (`specification`); its points are drawn (`points`) and given starts (`starts`), trajectories are
followed together (`courses`) and held against what is derived (`predictions`); chunks become Parquet files (`chunks`),
computed by local processes or a Dask cluster (`engines`). `diagrams` are four sweeps with pictures.
"""
