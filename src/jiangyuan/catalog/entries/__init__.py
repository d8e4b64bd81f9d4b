"""Entries: the catalogue's unit. Every table, file, service and form belongs to one.

Duty: draft an entry (from a scanned table or by hand), its items, assessments, review, publication with code and
grade, return for correction, versions, withdrawal.
Place in the flow: above sources and standards; `resources` mounts tables to entries, `exchange` shares them.
Not: it holds no data, and decides on no application to use data.
"""
