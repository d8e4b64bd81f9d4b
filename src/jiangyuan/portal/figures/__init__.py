"""Figures: what the platform holds and how it fares, counted beside the work and never while a page waits.

Duty: count by body and day what the other rooms hold, and add up from the memory what happened; give each person the
sums of exactly what he may see. Place in the flow: behind everything; reads the rooms and the memory, is read by pages.
Not: deciding anything. The tables here are a projection: they may be emptied, and the next round counts them again.
"""
