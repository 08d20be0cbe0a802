"""Conversations with customers on the desk: kept while they last, kept after them so that they can be scored."""
