"""One number, one source: for each data element one department answers for the value, the others take it from there.

Duty: proposing, hearing and deciding which department is the source of an element (数源部门), finding who collects it
besides, and settling each repeated collection: taken by sharing instead, merged, or excepted on legal grounds.
Place in the flow: above `entries`, whose items follow the elements of `standards`; what is shared in place of being
collected is told by the exchange, which registers (`rules.SHARED`).
Not: it compares no values (reconciliation does), and makes no grants.
"""
