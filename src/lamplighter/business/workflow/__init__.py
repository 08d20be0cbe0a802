"""Processes: BPMN 2.0 and DMN files that say who does what next, run without anything executable in them.

A *definition* is one version of a process, read from its file and refused with all its faults at once. An *instance*
is one run of it, on the version it began with; what may be done now are its *open tasks*. Everything here is a pure
function of what it is given: who acts and what time it is are passed in, and the state goes out as text that another
room keeps (``stores``). The engine underneath is SpiffWorkflow, without its script engine.
"""
