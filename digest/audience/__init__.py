"""Who gets it: addresses, list files, tokens. Not here: what the ledger knows of people (store)."""
