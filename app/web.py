"""The HTTP side: callbacks of the video service, stored files behind signed links, and whether we are well."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from fastapi import FastAPI, Response

from adapters.http.kie_hooks import kie_router
from adapters.http.storage_routes import storage_router
from adapters.postgres.connections import LOST, PatientPool
from app.pipeline import Plant
from app.settings import Settings

ASK: Final = "SELECT 1"


def equip(web: FastAPI, plant: Plant, pool: PatientPool, settings: Settings) -> None:
    """Puts everything on the site that others may ask of us."""
    web.include_router(
        kie_router(plant.callbacks, path_secret=plant.callback_secret, webhook_key=settings.kie_webhook_key, clock=_now)
    )
    web.include_router(storage_router(plant.storage, plant.links, _now))

    @web.get("/health")
    async def health() -> Response:
        try:
            await pool.fetchval(ASK)
        except LOST as error:
            return Response(f"the database does not answer: {type(error).__name__}\n", status_code=503)
        return Response("well\n")


def _now() -> datetime:
    return datetime.now(UTC)
