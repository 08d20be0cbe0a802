"""Access of other systems: a service account of its own for each integration, and the token it shows.

Two of the separated administrators make it valid: the system administrator makes it, the security administrator
releases it. Of the secret only a hash is kept.
"""
