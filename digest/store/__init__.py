"""What survives a crash: the ledger and the roster, in SQL files that speak for themselves."""
