"""What others ask of us over HTTP."""
