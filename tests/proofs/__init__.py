"""The long proofs: many processes, kills at random moments. Short here, long behind `make prove`."""
