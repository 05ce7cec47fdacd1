from .again import check_again, check_organization, check_service
from .table import buttons, domains

__all__ = ["buttons", "check_again", "check_organization", "check_service", "domains"]
