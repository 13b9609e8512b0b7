"""What people hear of their orders without asking: the card that changes, and messages on how it ended."""
