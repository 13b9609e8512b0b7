"""What it looks like: folds of events into views that can be thrown away and rebuilt."""
