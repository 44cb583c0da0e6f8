"""Supermask search: strong tickets found by gradient. The door is `find`; parts, and methods of them, are below."""
