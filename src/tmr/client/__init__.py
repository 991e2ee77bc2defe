"""Ask a service that `tmr serve` runs, from another program or another machine, with the standard library and NumPy."""

from tmr.client.answers import RemoteChange, RemoteHit, RemoteItem, RemoteMap
from tmr.client.client import Client
from tmr.client.connection import ServiceError

__all__ = ["Client", "RemoteChange", "RemoteHit", "RemoteItem", "RemoteMap", "ServiceError"]
