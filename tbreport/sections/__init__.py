"""Composing: the sections of the report, in their order."""
