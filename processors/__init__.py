"""What happens over time: loops with a remembered position or to-do list."""
