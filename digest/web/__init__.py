"""Doors for browsers. Talks to the app it is handed, and to nobody else."""
