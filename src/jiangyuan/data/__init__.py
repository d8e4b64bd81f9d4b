"""The data plane: the only part that opens engines and drivers.

Duty: door two (`plan.authorize`), connectors, movement, masks, quality rules and profiles.
Place in the flow: between the kernel and every room; whatever reads governed data brings a `Plan`.
Not: it knows no department, no catalogue entry and no workflow.
"""
