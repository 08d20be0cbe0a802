"""Service: what customers ask, how it is answered, and the tickets by which the company keeps its word.

A *ticket* (工单) is a matter of a customer on its way along a drawn process; its *promise* is the instant until which
he is to hear the answer.
"""
