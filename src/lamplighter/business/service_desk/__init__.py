"""Good service: what a customer means, answers whose every figure has a source, and every conversation scored.

A *contact* (联络) is one conversation with a customer. An *intent* is what he wants done or known first. A *figure*
is a number with its unit and where it came from. A *hand-over* (转人工) gives a conversation to a person with all
that is known. The *rubric* (评分标准) says what a good conversation is; a *deduction* (扣分) is
where one fell short, with its words.
A *ticket* (工单) is a matter of a customer on its way along a drawn process; its *promise* (承诺) is the instant until
which he is to hear the answer.
"""
