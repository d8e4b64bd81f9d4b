"""Demand: data that somebody needs and found nowhere on the platform, told to the sharing authority and answered.

Duty: an unmet demand with what was searched, what for and on what basis; the authority's answer, with the entry that
serves it where there is one.
Place in the flow: begins where a search ends without a result; goes on as a request once an entry serves it.
Not: matching, the three lists and their statutory clocks, which build on these records.
"""
