"""The closed language of conditions and decision cells: a small, typed part of FEEL, read into a tree.

An expression can compare what the process has declared, and nothing else: it has no calls, no attributes, no
arithmetic, and is never given to ``eval``, ``exec`` or ``compile``. See decision 13.
"""
