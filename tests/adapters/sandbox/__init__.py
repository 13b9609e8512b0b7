"""The sandboxes over real HTTP."""
