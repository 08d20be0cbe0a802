"""Trusted energy (可信电量): what each meter's day is worth once it was checked and its holes were filled.

Words: a *rule* (规则) ``V-01 ...`` checks, ``E-01 ...`` estimates; a *flag* (校验标记) is what a rule said of a meter's
day; a *cause* says why a slot is not as received, a *method* how it was filled, and both together are the slot's
*reason* (原因码); a *policy* (规则版本) is one version of every threshold. The received value is never overwritten:
trusted values stand beside it.
"""
