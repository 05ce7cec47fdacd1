"""Judging what the DNS said about a domain. Pure."""

from domains.rules.case import Case, SmtpEvidence, SmtpOutcome, Subject

from .judge import judge_subject, nothing_judged

__all__ = ["Case", "SmtpEvidence", "SmtpOutcome", "Subject", "judge_subject", "nothing_judged"]
