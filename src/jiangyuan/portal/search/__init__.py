"""Search: one box for everything that the asker may see, and nothing else.

Duty: an index of words over entries and their items, requests, grants, sources, tables, bodies, people, systems and
deliveries; results with facets, near words and suggestions while typing.
Place in the flow: follows the memory; the catalogue's own list asks it too.
Not: a source of truth. What it finds is read again through `visible_to` before anybody sees it, and without an index
the database is searched instead.
"""
