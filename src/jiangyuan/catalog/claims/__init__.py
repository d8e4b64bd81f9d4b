"""Claims: the same entry says the same thing at every level (申领).

Duty: the authority issues a line's entries to the departments of the same line below; each answers claimed, not
applicable, or held above (which files a return-flow demand); a claimed entry is pinned to one version of the upper one
and never says otherwise in what is locked; a later upper version arrives as a proposal with a statutory clock to move the pin.
Place in the flow: above `entries`, whose own actions make and move a claimed entry, and `updates`; `coordination` reads
the demands.
Not: it edits no entry, and what is local to a claimed entry (contact, format, faster cycle, mounts, own items) goes
the way of every entry.
"""
