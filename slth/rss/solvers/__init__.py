"""Solvers of random subset sums: one file each, registered in `slth.rss.problem.solvers`."""
