"""Tests of who writes the videos' scripts."""
