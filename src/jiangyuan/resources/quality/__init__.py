"""Quality (数据质量, R3): rules of mounted tables, runs of them, scores and the rows that break them.

Duty: rules proposed from data elements or written by hand, one-scan runs, results per rule and dimension
(GB/T 36344), evidence rows kept sealed.
Place in the flow: checks what ingestion brought in; problem tickets and rectification build on its results.
Not: it changes no data; the department that owns a row mends it.
"""
