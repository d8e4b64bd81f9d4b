"""Trace: the history of any object and of any read, from the memory, with receipts."""
