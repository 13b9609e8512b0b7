"""Telegram: the messenger, by its Bot API. Facts about it, with their sources, are told where they are used."""
