"""Settings of `python -m spark receipts`, from the environment."""

from dataclasses import dataclass
from pathlib import Path

from analytics.settings import VerifySettings
from spark.settings import QuerySettings


@dataclass(frozen=True, kw_only=True)
class ReceiptsSettings(QuerySettings, VerifySettings):
    """Those of the totals worker, and what Spark has."""

    def checkpoint(self) -> Path:
        """Spark's own notes of the query; never gone on from."""
        return self.data_dir / "spark" / "receipts"
