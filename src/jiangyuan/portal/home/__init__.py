"""Home: the first page, my to-dos with their clocks, and sign-in."""
