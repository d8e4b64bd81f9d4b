"""The demonstration: a synthetic province in small, with the truth kept beside it.

One population of persons, families and enterprises (`population`; `settling` gives it its `livelihood`) lives in real
divisions. Six departments, a county register and a township's files see it differently (`observation`), each with seeded
errors; `departments` and `files` put what they see into real databases and office files, `truth` keeps which row is which
person and which cell was spoiled how, and `story` picks the family that the demonstration follows.

Everybody here is invented: names, numbers and fates come out of one seeded generator. The demonstration knows every
room and no room knows it.
"""
