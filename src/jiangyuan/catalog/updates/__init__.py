"""Updates: a published entry must follow the law, the duties and its own facts within the days that each has.

Duty: records why a published entry must be updated (a change of law or duties: 10 working days and 5 more when approved,
art. 17; a change of the entry's own information: 20, task 6 of the plan), runs the clock from the day of the change,
and ends it when the entry is republished or its department's head records that nothing need change.
Place in the flow: beside `entries`, whose revision it begins and whose publication it hears of.
Not: it changes no entry, and extends no clock (that is asked and approved in `coordination.deadlines`).
"""
