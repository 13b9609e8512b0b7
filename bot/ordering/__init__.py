"""Ordering videos: from a photo to a confirmed order, orders once more, and the videos that were made."""
