"""Judging what the DNS said about a domain. Pure."""

from domains.rules.check_input import CheckInput, PreparedInput, SmtpEvidence, SmtpOutcome

from .judge import judge_prepared, nothing_judged

__all__ = ["CheckInput", "PreparedInput", "SmtpEvidence", "SmtpOutcome", "judge_prepared", "nothing_judged"]
