"""Who may see and do what: the *actor* of every read and write, his *unit* with all below it, and his *roles*.

A *right* is one thing one may see or do; a role is a set of rights (``roles.toml``). `actor` is free of Django, so that
rules can ask; `models` holds units and staff, `scope` what every row that belongs to a unit has in common.
"""
