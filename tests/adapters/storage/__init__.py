"""Stored files, the photos among them, and links to them."""
