"""Tests of the composition root: settings, start-up, the program as a person runs it."""
