"""How fast it is, beside what one would write instead: run with `make bench`."""
