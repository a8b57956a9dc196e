"""One file a rule; its name is the rule's. Each has a docstring that says why, SEVERITY, and check(proof)."""
