"""The bot with people in their chats: a Telegram of our own, the product beside it, and how long things take."""
