"""Judging what the DNS said about a domain. Pure."""

from .case import Case, SmtpEvidence, SmtpOutcome
from .judge import judge

__all__ = ["Case", "SmtpEvidence", "SmtpOutcome", "judge"]
