"""Duties: what the catalogue is measured against, and how far it reaches.

Duty: three registers of what a body answers for (duties of its mandate and its powers-and-responsibilities list, its
information systems, its service matters), each covered by entries, excused for a reason that the authority accepts, or
open; the three coverage figures of every body, kept as things happen; from what is open straight to writing the entry.
Place in the flow: above `entries`, whose entries cover; evaluation reads the kept figures and their days.
Not: it reviews no entry, and takes stock of no system beyond those the organization has registered.
"""
