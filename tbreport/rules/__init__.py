"""Judging: what can be said about a training from its logs."""
