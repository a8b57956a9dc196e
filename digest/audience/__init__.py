"""Who gets it: addresses, the files in subscribers/, tokens, ways out. Keeps nothing; the store does."""
