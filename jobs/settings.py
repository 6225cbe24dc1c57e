"""Settings of the scheduler and its commands, from the environment."""

from dataclasses import dataclass
from pathlib import Path

from tillstream.runtime.settings import LogSettings, MongoSettings, StoreTimeSettings, WatchSettings


@dataclass(frozen=True, kw_only=True)
class JobsSettings(MongoSettings, StoreTimeSettings, WatchSettings, LogSettings):
    """Which jobs there are, and where their history is kept."""

    #: Declares the jobs.
    jobs_file: Path = Path("jobs.toml")
    #: Stands for `{data_dir}` in commands.
    data_dir: Path = Path("var")
