"""Saying a handler's replies, in order: the answer to a tap beside the rest, an edit of what is gone as a new message,
a stored video from the messenger's own copy."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from aiogram.methods import AnswerCallbackQuery, EditMessageText, SendMessage

from bot.languages import Languages
from bot.ports import Messenger, Orders, Videos
from bot.talk import Reply, Resend
from bot.texts import text
from domain.outside import MaybeSaid, NotSaid, Said, Urgency, WhyNot

log = structlog.get_logger(__name__)


class Saying:
    """Says replies through the one sender of all messages."""

    def __init__(self, messenger: Messenger, videos: Videos, orders: Orders, languages: Languages) -> None:
        self._messenger = messenger
        self._videos = videos
        self._orders = orders
        self._languages = languages

    async def say_all(self, account: int, replies: Sequence[Reply]) -> None:
        """Returns when each was said, or will never be."""
        answers = [reply for reply in replies if isinstance(reply, AnswerCallbackQuery)]
        others = [reply for reply in replies if not isinstance(reply, AnswerCallbackQuery)]
        if not answers:
            await self._in_order(account, others)
            return
        await asyncio.gather(
            *(self._messenger.say(answer, urgency=Urgency.ANSWER) for answer in answers),
            self._in_order(account, others),
        )

    async def _in_order(self, account: int, replies: Sequence[Reply]) -> None:
        for reply in replies:
            said = await self._say(account, reply)
            if isinstance(said, NotSaid) and said.why is WhyNot.NOT_THERE and isinstance(reply, EditMessageText):
                anew = SendMessage(
                    chat_id=account, text=reply.text or "", parse_mode=reply.parse_mode, reply_markup=reply.reply_markup
                )
                said = await self._messenger.say(anew)
            if isinstance(said, NotSaid) and said.why is WhyNot.GONE:
                return

    async def _say(self, account: int, reply: Reply) -> Said | NotSaid | MaybeSaid:
        if not isinstance(reply, Resend):
            return await self._messenger.say(reply)
        video = await self._orders.video(account, reply.job)
        said: Said | NotSaid | MaybeSaid = NotSaid(WhyNot.NO_FILE, "there is no such video")
        if video is not None:
            said = await self._videos.send_again(
                account, job=reply.job, file=video.file, file_id=video.file_id, as_document=reply.as_document
            )
        if isinstance(said, NotSaid) and said.why is not WhyNot.GONE:
            log.warning("video not sent again", account=account, job=reply.job, why=said.why)
            why = "video-not-sent" if said.why is WhyNot.NO_FILE else "video-not-now"
            words = text(await self._languages.of(account), why)
            await self._messenger.say(SendMessage(chat_id=account, text=words, parse_mode="HTML"))
        return said
