"""The REST API: what the pages do, for programs. It calls the queries and operations the pages call, decides nothing.

An operation says with `gate.opened` which right it takes. Names, filters and sorts are those of the lists; energy and
money carry their unit in their name; an instant is UTC; what goes wrong is a problem (RFC 9457) in the language asked
for and in both.
"""
