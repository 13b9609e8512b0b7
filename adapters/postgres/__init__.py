"""PostgreSQL: the log, its caches, its migrations. Everything that knows SQL is here."""
