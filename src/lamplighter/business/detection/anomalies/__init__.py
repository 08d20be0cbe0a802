"""The anomaly rules of the master station (AN-01 ... AN-38): one file a family, each rule a pure function on arrays of
one signature, ``rule(seen, limit) -> Found``; :mod:`.rulebook` has the table of them.

Adding a rule means adding its row to ``rules.toml``, its function to its family's file and its line to the table.
"""
