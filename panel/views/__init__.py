from .find import find
from .language import language
from .services import service_activity, service_information, services

__all__ = ["find", "language", "service_activity", "service_information", "services"]
