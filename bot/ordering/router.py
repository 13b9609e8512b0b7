"""The ordering dialogue put together. Its commands are heard at any step: typed answers never begin with a slash."""

from __future__ import annotations

from aiogram import Router

from bot.ordering import again, cancelling, changes, confirming, ideas, photos, videos, words

router = Router(name="ordering")
router.include_routers(
    confirming.router,
    cancelling.router,
    again.router,
    videos.router,
    photos.router,
    ideas.router,
    words.router,
    changes.router,
)
