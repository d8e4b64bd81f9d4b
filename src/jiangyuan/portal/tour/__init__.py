"""The guided tour: the main road step by step, each with why, by whom and where, ticked off by the memory.

Duty: shows which steps of one request's road have really been done, and leads to the page of the next.
Place in the flow: beside the workbench; reads records and the memory, writes nothing.
Not: training material; no step is done by looking at it.
"""
