"""The bot's Stars: what it was paid and gave back, in the order of time."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.sandbox.telegram_store import Store


@dataclass(slots=True)
class Transaction:
    """One movement of Stars. A refund has the id of its payment; `at` in unix seconds."""

    number: int
    id: str
    at: int
    user: int
    stars: int
    payload: str
    refund: bool = False


class Stars:
    """Every transaction of the bot."""

    def __init__(self, store: Store) -> None:
        self._store = store
        rows = [Transaction(**row) for row in store.load("transaction")]
        self.transactions = sorted(rows, key=lambda row: row.number)
        self._paid = {row.id: row for row in self.transactions if not row.refund}
        self._refunded = {row.id for row in self.transactions if row.refund}

    @property
    def balance(self) -> int:
        """What the bot has."""
        return sum(-row.stars if row.refund else row.stars for row in self.transactions)

    def payment(self, charge: str) -> Transaction | None:
        """The payment of that charge id."""
        return self._paid.get(charge)

    def is_refunded(self, charge: str) -> bool:
        """Whether it was given back."""
        return charge in self._refunded

    def pay(self, charge: str, *, at: int, user: int, stars: int, payload: str) -> Transaction:
        """Notes a payment."""
        paid = self._paid[charge] = Transaction(len(self.transactions) + 1, charge, at, user, stars, payload)
        self._note(paid)
        return paid

    def refund(self, paid: Transaction, *, at: int) -> None:
        """Notes that a payment was given back."""
        self._refunded.add(paid.id)
        number = len(self.transactions) + 1
        self._note(Transaction(number, paid.id, at, paid.user, paid.stars, paid.payload, refund=True))

    def _note(self, transaction: Transaction) -> None:
        self.transactions.append(transaction)
        self._store.put("transaction", f"{transaction.number:010}", transaction)
