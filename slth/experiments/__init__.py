"""Experiments: a sweep over a grid of cells, each a measure run on counter-based random draws, theory beside it."""
