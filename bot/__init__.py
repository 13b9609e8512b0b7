"""What the Telegram user sees."""
