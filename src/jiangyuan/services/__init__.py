"""The services room (S2-S7): open data, analytics, sandbox, components, evidence explorer, applications."""
