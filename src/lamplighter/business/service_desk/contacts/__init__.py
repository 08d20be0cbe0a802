"""Contacts: conversations with their scores, appeals against deductions, double ratings, coaching."""
