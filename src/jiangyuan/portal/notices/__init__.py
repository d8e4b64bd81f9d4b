"""Notices: what concerns a person, kept per person and told in the portal, live, and (where wished) by e-mail.

Duty: turns the memory into notices by rules, keeps what was read, tells open pages as it happens, sends mail.
Place in the flow: beside the workbench; reads the memory, writes nothing that anybody else relies on.
Not: statutory service of documents; a notice holds no content of its subject, only what happened and where to look.
"""
