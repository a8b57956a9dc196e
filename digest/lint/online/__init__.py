"""Rules that ask the network, apart from the others: one file a rule, run by `digest check --online` alone."""
