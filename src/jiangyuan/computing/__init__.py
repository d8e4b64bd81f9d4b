"""The computing room (P1-P3): inventory, continuity, computing power."""
