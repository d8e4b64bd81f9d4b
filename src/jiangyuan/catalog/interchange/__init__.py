"""Interchange: entries come in from files and other catalogues, and go out to them.

Duty: import from Excel, CSV and JSON as checked batches of drafts; export; DCAT-AP; harvest of CKAN and DCAT
catalogues; docking to another catalogue by a declared profile, with its receipts.
Place in the flow: above entries; what comes in becomes drafts of the one workflow, what goes out is what was published.
Not: it publishes nothing, and holds no data that entries describe.
"""
