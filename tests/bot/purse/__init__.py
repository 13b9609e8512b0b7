"""Tests of the menu and of everything about credits."""
