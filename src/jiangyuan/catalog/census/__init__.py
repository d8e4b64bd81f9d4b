"""Census: what information systems, databases, tables, devices and channels there are, and whether the report is true.

Duty: campaigns by jurisdiction with a deadline and reminders, registers that departments fill in and sign, the check of
a report against scanned sources and against the census before, the general ledger's figures, and the inventory of
cross-department channels with their fate.
Place in the flow: above sources, whose scans it reads; entries are drafted from the tables it finds.
Not: it connects to no database itself, and it takes over no channel; it says that one shall be taken over.
"""
