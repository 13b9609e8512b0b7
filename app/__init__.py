"""How it is put together and started: wiring only."""
