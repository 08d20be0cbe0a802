"""Detection (疑点): what the data say about each customer, for and against, and whom to visit first.

A *layer* looks at one kind of trace (the area's balance, the handing over of energy to the loss, the shape of use,
peers, the meter itself, the context) and gives *scores* and *findings*. A finding carries a *reason* from the published
list and speaks for or against a suspicion. The *fusion* adds the findings up to a probability, the *value* turns it
into kWh and yuan at stake, and the *list* puts every live account in order. A suspicion (疑点) is never a verdict: a
person decides.
"""
