"""Disputes (争议): one side of a sharing objects, the other answers, and the sharing authority decides (art. 28).

Duty: objections to a refusal, a request for completion, quality, lateness, or use beyond the agreement; the other side's
answer within its time; the authority's decision by two persons; and where even that settles nothing, what the
authority's government decided. Place in the flow: beside requests and grants, which it names and never changes: what
follows from a decision is done by the people it binds, through sharing's own acts. Not: corrections of data (校核), which
are claims of the catalogue.
"""
