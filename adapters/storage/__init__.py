"""Photos and videos: checked, kept whole or not at all, and reachable by links that expire."""
