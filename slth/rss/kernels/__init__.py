"""Compiled kernels of the solver `meet`; each file stands alone and is compiled when it is first used."""
