"""Leaves the report of `verify` in MongoDB, where the dashboard shows it."""

from analytics.settings import VerifySettings
from analytics.verify.archive import connect
from analytics.verify.comparison import Report
from tillstream import archive, verify_report
from tillstream.verify_report import Proof


def proof_of(report: Report, started_at: float, ended_at: float) -> Proof:
    """The report as it is kept; times are Unix seconds."""
    differences = [*(one.disagreement() for one in report.alone), *report.differences]
    return Proof(
        started_at=started_at,
        ended_at=ended_at,
        exit_status=0 if report.holds() else 1,
        verdict=report.line(),
        differences=len(differences),
        named=tuple(differences[: verify_report.MAX_NAMED]),
    )


def keep(settings: VerifySettings, proof: Proof) -> None:
    """Put it in the place of the last one; raises PyMongoError."""
    with connect(settings) as client:
        kept = client[settings.mongo_database][archive.PROOFS]
        kept.replace_one({"_id": verify_report.LAST}, verify_report.document(proof), upsert=True)
