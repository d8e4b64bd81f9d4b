"""The portal (S1): what everybody comes in by: home, to-do list, trace."""
