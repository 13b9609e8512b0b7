"""Every event that may lie in the log, by the name it is stored under. The names are ours and settled.

A class that changes its shape gets a higher `class_version` and an `upcast_v1_v2` beside it; a class that
was renamed keeps its old name here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain import account_words, invoice, job_words, payment, promo
from domain.bonus import BonusGiven
from domain.revocation import RevocationMade
from domain.shapes import Event

EVENT_TYPES: Final[Mapping[str, type[Event]]] = {
    "AccountOpened": account_words.AccountOpened,
    "CreditsGranted": account_words.CreditsGranted,
    "CreditsPurchased": account_words.CreditsPurchased,
    "CreditReserved": account_words.CreditReserved,
    "CreditCaptured": account_words.CreditCaptured,
    "CreditRefunded": account_words.CreditRefunded,
    "CreditsRevoked": account_words.CreditsRevoked,
    "CreditsExpired": account_words.CreditsExpired,
    "JobQueued": job_words.JobQueued,
    "PromptWritten": job_words.PromptWritten,
    "KieTaskRequested": job_words.KieTaskRequested,
    "KieTaskCreated": job_words.KieTaskCreated,
    "PhotoAccepted": job_words.PhotoAccepted,
    "GenerationFailed": job_words.GenerationFailed,
    "RetryScheduled": job_words.RetryScheduled,
    "VideoGenerated": job_words.VideoGenerated,
    "VideoStored": job_words.VideoStored,
    "DeliveryStarted": job_words.DeliveryStarted,
    "DeliveryFailed": job_words.DeliveryFailed,
    "VideoDelivered": job_words.VideoDelivered,
    "JobFailed": job_words.JobFailed,
    "JobCancelled": job_words.JobCancelled,
    "LateVideoArrived": job_words.LateVideoArrived,
    "InvoiceIssued": invoice.InvoiceIssued,
    "InvoicePaid": invoice.InvoicePaid,
    "PaymentReceived": payment.PaymentReceived,
    "PaymentRefundRequested": payment.PaymentRefundRequested,
    "PaymentRefunded": payment.PaymentRefunded,
    "PaymentRefundRefused": payment.PaymentRefundRefused,
    "BonusGiven": BonusGiven,
    "RevocationMade": RevocationMade,
    "PromoCreated": promo.PromoCreated,
    "CodeClaimed": promo.CodeClaimed,
}

EVENT_NAMES: Final[Mapping[type[Event], str]] = {cls: name for name, cls in EVENT_TYPES.items()}
