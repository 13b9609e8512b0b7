"""Who writes the videos' scripts."""
