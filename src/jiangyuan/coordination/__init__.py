"""The coordination room (C1-C7): demand, return flow, channels, evaluation, gating, operation, tasks."""
