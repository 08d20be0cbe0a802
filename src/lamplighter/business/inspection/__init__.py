"""Inspection: tomorrow's visits, what was found, what the law makes of it, and the papers that say so.

A *finding* (检查结果) is what a visit established; an *act* (行为) is a theft or breach the law names; an *amount*
(金额) is worked out line by line, each with its clause; a *guard* (前置条件) must hold before supply is stopped.
"""
