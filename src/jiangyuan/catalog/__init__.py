"""The catalogue room (D1-D5): what data there is, who answers for it, and how it may be shared."""
