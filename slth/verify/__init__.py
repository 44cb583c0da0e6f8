"""The stand-alone exact checker of slth tickets, standard library only; FORMAT.md is its specification."""
