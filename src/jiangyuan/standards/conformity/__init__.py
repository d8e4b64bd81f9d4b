"""Conformity reviews (符标审查, N1): is an entry, a table, a whole database or an interface as the standards say?

Duty: what may be reviewed is registered here by the rooms above (`reviewing.Reviewable`); a review judges names, types,
lengths, models, grades and, where rows may be read, the values; it gives a score and findings that each lead to a fix.
Place in the flow: above the elements; the rooms whose things are reviewed stand above and register.
Not: it reads no rows itself (quality does, through a plan) and mends nothing.
"""
