"""The kernel: what everything stands on, and which knows no business.

Duty: door one (`actions.act`), the memory (`events`, `evidence`), policy, state machines, clocks, identifiers,
ciphers, the dialler (`egress`), background work (`jobs`), errors and settings.
Place in the flow: below every room; a room never writes a table of its own except through `act`.
Not: it knows no department, no catalogue and no grant; those are rooms above it.
"""
