"""Deadlines: the statutory clocks of everybody in one place, longer when the authority agrees, supervised when late.

Duty: shows a body its running clocks by day and as a list, and gives them as iCalendar; an extension is asked by the
body and approved by the same-level authority within what the article allows (art. 17, 21); a clock that ran out lies on
the supervisor's desk until it is met (art. 29, 38, 39).
Place in the flow: above every room whose acts start clocks; it hears what time itself writes (`kernel.clockwork.tick`).
Not: it starts and meets no clock, and keeps no calendar of working days (`portal.administration`).
"""
