"""The ordering dialogue: the real dispatcher on a real ledger."""
