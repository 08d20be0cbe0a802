"""The desk's own plumbing: a list as somebody asks for it (`listing`), rows loaded in bulk (`bulk`), what was loaded.

The desk keeps what people do, and beside it slim copies of what the night found, so that a page never reads more of the
lake than one meter or one area.
"""
