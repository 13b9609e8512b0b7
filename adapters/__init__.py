"""Who outside is spoken to: one file per thing we do not own."""
