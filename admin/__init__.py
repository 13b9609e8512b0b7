"""What finance and operators see: the command line and the web pages."""
