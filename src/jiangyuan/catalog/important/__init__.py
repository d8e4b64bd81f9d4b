"""The important-data list: which entries and items are important data, by whose judgement, and how they are kept safe.

Duty: the identification record of each (object of harm, degree, reason), confirmed by the department's head, entered by
the authority and reported; the yearly risk assessment that important data asks for.
Place in the flow: above `entries`.
Not: it grades no general data (grading does), and grants or forbids nothing by itself.
"""
