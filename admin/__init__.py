"""What finance and operators see: the command line."""
