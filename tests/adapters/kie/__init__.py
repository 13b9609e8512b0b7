"""Tests of the KIE adapter."""
