"""Proof of the rules: given these events, when this is wished, then that happens or is refused."""
