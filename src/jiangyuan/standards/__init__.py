"""Standards (N1): data elements and code sets, executable: an element proposes what checks a column.

Duty: code sets with their validity, data elements with type, pattern, code set, check function and grade.
Place in the flow: above sources, below the catalogue, whose items name elements; quality rules are made from them.
Not: it checks nothing itself (`data.checks` does), and it holds no department's data.
"""
