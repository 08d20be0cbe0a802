"""The audit trail: who did what to which record, when and from where; added to, never changed.

Each *entry* carries the hash of the one before it, so that no entry can be changed, taken out or put in without
breaking the *chain*; the newest hash, the *head*, is signed once a day and written outside the database, so that a
chain rebuilt as a whole is found out as well. `records` and `rules` are free of Django; everything is written by
`recording.record`, rows that people change by `tracking.track`, and `verifying` reads the whole chain again.
"""
