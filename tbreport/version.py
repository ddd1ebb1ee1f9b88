"""The version of tbreport."""

VERSION = "0.1.0"
