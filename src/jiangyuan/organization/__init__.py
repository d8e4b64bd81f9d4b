"""Organization: who there is, and who may act for whom.

Duty: jurisdictions with their dated codes, bodies (departments, authorities), people and the capacities they are
appointed to, application systems and their keys, sign-in.
Place in the flow: directly above the kernel; every other room names bodies, people and systems from here.
Not: it grants nothing. A capacity says on whose desk a thing lies; what may be read is `exchange.sharing`'s.
"""
