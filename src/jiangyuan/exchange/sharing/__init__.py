"""Sharing (X1): applications to use data, the decisions on them, and the grants that follow.

Duty: request by a business office for an application system in a scene, both sides' heads, statutory clocks, grants
with columns, masks, rows, purpose and term, cases with their listed persons, suspension and withdrawal. It registers
the resolver from which `data.plan.authorize` learns what an actor may read: the one place where a grant is checked.
Place in the flow: above catalogue and resources; delivery and gateway serve what is granted here.
Not: it moves and serves no row itself.
"""
