"""The desk in the browser: pages for staff. A view asks the rooms and journeys, and decides nothing.

`pages` says which right a page needs and what stands in the menu; `lists` shows any list; `views` has one module a
page; `words` are the template tags. Every page speaks Chinese or English by the reader's own choice.
"""
