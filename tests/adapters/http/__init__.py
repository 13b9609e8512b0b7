"""Our own HTTP routes, asked through a real client."""
