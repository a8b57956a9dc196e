"""Is it fit to send: the runner, and the rules on a `Proof`. Decides; mends nothing."""
