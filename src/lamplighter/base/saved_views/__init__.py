"""Views of lists that people keep by name: filters, sort and words, for oneself or for one's unit."""
