"""Data sets: one file each, registered in `slth.datasets.origin.datasets`."""
