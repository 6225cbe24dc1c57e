"""Deals files of tests to processes, the longest first: begun last, it would run beside nobody."""

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

#: These share a server that costs more than their tests: one JVM for all of Spark.
TOGETHER = ("tests/integration/spark/",)

#: Files and folders of more than twenty seconds, in seconds of a quiet machine: the order counts.
SECONDS = {
    "tests/faults/test_chaos.py": 130,
    "tests/faults/test_chaos_binding.py": 25,
    "tests/faults/test_fuzz.py": 60,
    "tests/integration/recovery/test_spark_cluster.py": 90,
    "tests/integration/spark/": 250,
    "tests/integration/analytics/test_log_partitions.py": 35,
    "tests/integration/analytics/test_lost_log.py": 90,
    "tests/integration/entrypoint/test_exhaustion.py": 80,
    "tests/integration/entrypoint/test_fuzz.py": 40,
    "tests/integration/events/test_attribution_worker.py": 45,
    "tests/integration/events/test_receipts_streams.py": 45,
    "tests/integration/events/test_track_aggregates.py": 80,
    "tests/integration/events/test_windows_worker.py": 40,
    "tests/integration/local/test_run.py": 80,
    "tests/integration/persistence/api/test_tiers.py": 60,
    "tests/integration/persistence/test_backup.py": 80,
    "tests/integration/persistence/test_faults.py": 50,
    "tests/e2e/test_dashboard.py": 180,
    "tests/e2e/test_dashboard_filters.py": 70,
    "tests/e2e/test_dashboard_online.py": 60,
    "tests/e2e/test_dashboard_operations.py": 80,
    "tests/e2e/test_dashboard_pages.py": 120,
    "tests/e2e/test_dashboard_requests.py": 70,
    "tests/e2e/test_dashboard_totals.py": 60,
    "tests/e2e/test_system.py": 80,
}


class LongestFirst(LoadFileScheduling):  # type: ignore[misc] # xdist has no type information
    """As `--dist loadfile`, by length and not by the number of tests."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((each for each in TOGETHER if file.startswith(each)), file)

    def _assign_work_unit(self, node: WorkerController) -> None:
        longest = max(self.workqueue, key=self._seconds)
        self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)

    def _seconds(self, scope: str) -> float:
        """Its length; of a file that is not listed one second a test, and at most twenty."""
        return SECONDS.get(scope, min(20, len(self.workqueue[scope])))
