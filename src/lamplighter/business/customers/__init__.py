"""The customers: accounts, what they were billed and paid, earlier contacts; and the company itself.

An *account* (户号) has a *class* and a *price class*. Names, numbers, addresses and telephones are *personal*: masked
unless somebody with a purpose asks.
"""
