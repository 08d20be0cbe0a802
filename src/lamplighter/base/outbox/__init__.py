"""Messages to people, one way for all: queued once, sent by a worker through the adapter of their channel, proven.

A room queues with `operations.queue_message`: to whom (a reference, never a number or an address), over which channel,
which template, about what. The worker asks the address book of that kind of recipient for the address at the moment of
sending, hands the message to the channel's adapter with an *idempotency key*, and tries again with growing pauses.
What came of it, proof of service included, is only ever added to.
"""
