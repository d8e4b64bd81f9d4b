"""Grading (分类分级, D5): a grade for every data item is proposed with its reasons, and a person decides.

Duty: proposals from names, comments, statistics of the column and data elements; the decision, kept with its reason; the
approval path that a grade asks for. A decision changes the item by the entry's own act, so that grade and mask go the same
road as everything else of the entry.
Place in the flow: after an entry is drafted, before it is submitted; again when it is revised.
Not: it publishes nothing, and it sees no value: of a column only bounded statistics are read, through a plan.
"""
