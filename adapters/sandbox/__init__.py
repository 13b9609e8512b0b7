"""Local HTTP servers that stand in for the outside services: same paths, same answers, and faults on demand."""
