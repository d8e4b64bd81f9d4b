"""Sources: the databases, folders and files of departments, as they are registered, tested and scanned.

Duty: connection details (secrets sealed), connection tests, scans of tables and columns, and what changed since.
Place in the flow: the road begins here; catalogue entries are drafted from scanned tables.
Not: it reads no governed data beyond bounded samples for the department itself, and it moves nothing.
"""
