"""Claims: each figure of the article, or one of your own, against the bound that physics or arithmetic gives.

from calculator.claims import SpeedClaim, audit, audit_speed_claim
for finding in audit(load_catalog()): print(finding.verdict, finding.sentence)
"""

from calculator.claims.audit import audit
from calculator.claims.finding import Finding, Verdict, finding_dict, finding_text
from calculator.claims.speed import SpeedClaim, audit_speed_claim

__all__ = ["Finding", "SpeedClaim", "Verdict", "audit", "audit_speed_claim", "finding_dict", "finding_text"]
