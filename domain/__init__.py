"""May it be refused, and what comes next: the rules, pure."""
