"""The menu, and everything about credits: what there is, what is sold, what was paid, what became of it."""
