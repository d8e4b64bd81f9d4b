"""The library of standards (N1): the plan's lists by name, from draft through opinions to issue, and who adopted what.

Duty: documents, data elements, code sets and table models as drafts, the opinions on them and their answers, issue,
supersession, adoption. What is issued comes into force in the room's executable part by its acts, and nothing else does.
Place in the flow: above the elements, below the conformity reviews.
Not: it checks no data, and a national standard's text is not kept here, only its number and name.
"""
