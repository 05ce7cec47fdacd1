from .answers import KeptAnswer
from .jobs import Job
from .runs import RunOfToken
from .tokens import Area, Token
from .webhooks import Delivery, Endpoint, Event

__all__ = ["Area", "Delivery", "Endpoint", "Event", "Job", "KeptAnswer", "RunOfToken", "Token"]
