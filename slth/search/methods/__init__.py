"""One file for each published method; most are a choice of parts."""
