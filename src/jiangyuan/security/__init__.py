"""The security room (Z1-Z3): protection, awareness, supervision."""
