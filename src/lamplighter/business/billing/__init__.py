"""Bills as facts: what an account owes for a period by the registers of its approved meter, line by line.

A *shadow bill* (影子账单) is worked out here beside whatever the company billed. The registers are the legal basis;
intervals only split energy into periods where the register does not, and explain.
"""
