"""Visits in the field: what a telephone is given before a shift, and what it hands in afterwards.

A *field visit* (现场检查任务) is a stop of a crew that was handed out; a *field record* (现场记录) is what
the crew wrote and photographed there: its *items* (files) and, at its end, its *sheet*. Everything that arrives is a
link of its case's *evidence chain* (证据链).
"""
