"""Tests of what finance and operators see."""
