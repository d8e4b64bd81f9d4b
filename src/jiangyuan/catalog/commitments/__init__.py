"""The data-sharing responsibility list: who shall share what, how and by when, and whether it was done.

Duty: batches that the authority issues, each line with its provider, entry, method and deadline; whether a line is
fulfilled is found out by the platform, never declared; what is late is said.
Place in the flow: above `entries`; the rooms that mount and deliver register how a line is fulfilled (`rules.FULFILLED`).
Not: it is neither the list of demands nor that of refusals, and makes no grants.
"""
