"""Judging: what can be said about a training from its logs, one rule a file, in this order."""

from __future__ import annotations

from tbreport.rules.kit import Rule

RULES: tuple[Rule, ...] = ()
