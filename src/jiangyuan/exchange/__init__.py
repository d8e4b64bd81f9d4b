"""The exchange room (X1-X5): who may use whose data, and the moving of it."""
