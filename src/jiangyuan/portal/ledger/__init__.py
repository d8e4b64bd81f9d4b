"""The general ledger (总账本): everything registered, from the province down to one column. It shows, and changes nothing."""
