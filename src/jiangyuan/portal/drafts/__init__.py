"""Drafts: what people have typed into forms and not yet sent.

Duty: keeps the content of a form for the one person who typed it, sealed, for fourteen days at the most.
Place in the flow: before every act made by a form; nothing here is a state of the platform (decision 0009).
Not: drafts of entries or requests, which are records with states in their own rooms.
"""
