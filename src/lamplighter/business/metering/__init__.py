"""Metering: what meters are and what they said.

A *meter* is a device, a *register* its dial, a *channel* what it measures; a *day vector* is one channel of one meter
on one local day, a value a *slot*. Readings come in *files*; what cannot be taken in is set aside in *quarantine* with
a *reason*.
"""
