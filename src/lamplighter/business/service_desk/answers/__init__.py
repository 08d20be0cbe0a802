"""Answers put together from tools and clauses, checked figure by figure before anything is said."""
