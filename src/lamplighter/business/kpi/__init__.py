"""Key figures of service (指标): what is counted, of what, with what certainty, and what guards it from being gamed.

Words: a *key figure* (指标) is a share or a rate with the counts it is made of; a *tally* (计数) is such counts of one
month and station; a *guard figure* (防粉饰指标) stands beside it and shows whether it is polished; an *appraisal*
(考核) is the key figures of a unit and period as they were issued, with what was appealed.
"""
