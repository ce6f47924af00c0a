"""What we keep: the engine port, the transaction, the rows, and one file for each engine."""
