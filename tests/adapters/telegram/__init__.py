"""Tests of what speaks to Telegram."""
