"""Lemmas behind strong lottery tickets, checked by machine; README.md chains them to a theorem.

Every module of this package that has a `LEMMA` is an entry of ledger.md.
"""
