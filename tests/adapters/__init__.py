"""Tests of what speaks to the outside, each against the real thing or a server that speaks its language."""
