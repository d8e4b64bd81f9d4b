"""The resources room (R1-R9): data gathered, checked and governed under the entries that name it."""
