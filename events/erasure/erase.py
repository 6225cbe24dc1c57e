"""Erases a person's value from archive and state; no figure of any window changes.

The critical sequence:

1. own the recount: no state is made anew meanwhile; what could not be erased is refused;
2. state: in one transaction the position is fixed, the value is replaced wherever it stands, and
   the erasure is remembered by digest; events before the position are without the value from here
   on, whoever reads them, and what comes later is another person's;
3. MongoDB's documents of conversions: those that the state's rows were before the position;
4. files: of each stream, in one step of its manifest (events/archive/erasing.py), those of refused
   texts too; and the aggregates that have the value are made anew of them;
5. audit: the record is closed, and the state forgets that anything is to be done.

Killed anywhere, `verify` finds every window as it was, and the next run goes on with the position
of step 2, which is known by the value's digest.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from events.aggregates.track_aggregates import TrackAggregates
from events.archive.changing import ArchiveChanges
from events.archive.erased_texts import forms
from events.archive.erasing import Erasure, OfField, OfRefusedTexts, erase_from_files
from events.archive.pseudonyms import Pseudonyms
from events.erasure import state_values
from events.erasure.attribution_values import AttributionValues, newest_version
from events.erasure.audit import ErasedFrom, Record, keep
from events.erasure.conversions import erase_documents
from events.erasure.wanted import NotErasableError, Target, Wanted
from events.settings import EventsSettings
from events.windows.figures import UnfinishedErasure
from events.windows.state_file import State
from tillstream.clock import Clock
from tillstream.runtime.caller import caller
from tillstream.runtime.owned_file import owned, rebuilt_path
from tillstream.streams.aggregates_files import STREAM
from tillstream.streams.builtin import QUARANTINE
from tillstream.streams.definition import Definitions
from tillstream.streams.version import counted_digest

#: The columns of a refused row: its text, and what it was sent to.
ROW, SENT_TO = "row", "stream"

#: Called before each numbered step and each stream's files, for tests that stop there.
Step = Callable[[str], None]


class Eraser:
    """Erases from one data folder, beside a worker that runs, or without one."""

    def __init__(
        self,
        settings: EventsSettings,
        definitions: Definitions,
        clock: Clock,
        stop: threading.Event,
        step: Step = lambda _: None,
    ) -> None:
        self._settings = settings
        self._definitions = definitions
        self._clock = clock
        self._stop = stop
        self._step = step
        self._pseudonyms = Pseudonyms(settings.data_dir)

    def erase(self, what: Wanted) -> Record:
        """Raises NotErasableError, StoppedError, and what archive and state raise."""
        # 1. own the recount
        path = self._settings.state_path()
        with owned(path.with_name("recount")) as ours:
            if not ours:
                raise NotErasableError("a recount of the windows or another erasure is running")
            if rebuilt_path(path).exists():
                raise NotErasableError("a recount waits for the worker to adopt it; start that")
            with State(path, create=False) as state:
                return self._erase(state, what)

    def _erase(self, state: State, what: Wanted) -> Record:
        self._step("state")
        # 2. state
        mine = self._begin(state, what)
        record = Record(
            record=mine[0].record,
            state="running",
            at=self._now(),
            by=caller("python -m events erase"),
            field=what.field,
            digest=self._pseudonyms.digest(what.field, what.value),
            before={one.stream: one.before_offset for one in mine if not one.characters},
        )
        keep(self._settings.data_dir, record)
        for target in what.targets:
            name, field = target
            [one] = [
                each for each in mine if (each.stream, each.field) == target and not each.characters
            ]
            # 3. MongoDB
            documents = self._from_mongo(target, what, one)
            # 4. files
            erasure = OfField(self._pseudonyms, field, what.value, [one.erased()])
            found = self._from_files(name, erasure, one.in_state)
            record.erased[name] = found.added(record.erased.get(name), documents)
        if QUARANTINE in self._definitions.streams:
            for name in self._sent(what):
                record.erased[f"{QUARANTINE} of {name}"] = self._from_refused(name, what, mine)
        if STREAM in what.streams:
            self._from_aggregates(what)
        # 5. audit
        self._step("audit")
        record.state, record.at = "done", self._now()
        keep(self._settings.data_dir, record)
        self._step("forget")
        state.begin()
        state.remove_erasures(mine)
        state.commit()
        # What was overwritten stands in the journal until it is begun anew.
        state.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return record

    def _begin(self, state: State, what: Wanted) -> list[UnfinishedErasure]:
        state.execute("PRAGMA secure_delete=ON").fetchall()
        state.begin()
        try:
            self._require_counted(state, what)
            known = state.erasures()
            begun = {
                target: each.record
                for target in what.targets
                for each in known
                if Target(each.stream, each.field) == target
                and each.digest == self._pseudonyms.digest(target.field, what.value)
            }
            record = uuid4().hex
            new = [target for target in what.targets if target not in begun]
            for target in new:
                begun[target] = record
                known += self._begin_target(state, target, what, record)
            if new:
                AttributionValues(state, self._definitions, self._pseudonyms).erase(what)
            self._step("commit")
            state.commit()
        except BaseException:
            state.rollback()
            raise
        records = set(begun.values())
        return [
            each
            for each in known
            if each.record in records and (each.of_stream or each.stream) in what.streams
        ]

    def _begin_target(
        self, state: State, target: Target, what: Wanted, record: str
    ) -> list[UnfinishedErasure]:
        before = state.progress().next_offset or 0
        (name, field), value = target, what.value
        stands = self._pseudonyms.of(field, value, before)
        changed = state_values.erase_values(state, self._definitions, name, field, value, stands)
        changed += state_values.erase_aside(state, name, field, value, stands)
        digest = self._pseudonyms.digest(field, value)
        version = newest_version(state, self._definitions, name)
        begun = [
            UnfinishedErasure(name, record, changed, field, digest, before, to_version=version)
        ]
        if QUARANTINE in self._definitions.streams and name in self._sent(what):
            changed = state_values.erase_texts(
                state, self._definitions, QUARANTINE, ROW, value, self._pseudonyms, before
            )
            begun += [
                UnfinishedErasure(QUARANTINE, record, changed, ROW, digest, before, length, name)
                for digest, length in self._refused(what).items()
            ]
        state.add_erasures(begun)
        return begun

    def _sent(self, what: Wanted) -> list[str]:
        """The streams of senders: what is made here is never refused."""
        streams = self._definitions.streams
        return [name for name in what.streams if streams[name].source == "senders"]

    def _refused(self, what: Wanted) -> dict[str, int]:
        """The digests of the forms in which a refused text may have it, and their characters."""
        return {self._pseudonyms.digest(ROW, form): len(form) for form in forms(what.value)}

    def _require_counted(self, state: State, what: Wanted) -> None:
        """Raise where a window may still have rows of a definition that shows the value."""
        for name, known in state.windows().items():
            window = self._definitions.windows.get(name)
            if known.stream not in (*what.streams, QUARANTINE):
                continue
            if (
                window is None
                or known.stale
                or known.signature
                != counted_digest(window, self._definitions.streams[window.stream])
            ):
                raise NotErasableError(
                    f"the window {name} is not counted as it is declared, and may have the value:"
                    " run `tillstream recount --streams` first"
                )

    def _from_refused(
        self, name: str, what: Wanted, mine: Sequence[UnfinishedErasure]
    ) -> ErasedFrom:
        ours = [each for each in mine if each.characters and each.of_stream == name]
        erased = [each.erased() for each in ours]
        erasure = OfRefusedTexts(self._pseudonyms, ROW, what.value, erased, SENT_TO)
        return self._from_files(QUARANTINE, erasure, ours[0].in_state)

    def _from_aggregates(self, what: Wanted) -> None:
        self._step("aggregates")
        making = TrackAggregates(self._settings, self._definitions, self._stop, self._clock)
        making.remove_old()
        for bounds in making.with_value(what.field, what.value):
            making.write(bounds)

    def _from_mongo(self, target: Target, what: Wanted, one: UnfinishedErasure) -> int:
        attribution = self._definitions.attributions.get(target.stream)
        if attribution is None or one.to_version is None:
            return 0
        self._step(f"documents of {target.stream}")
        stands = self._pseudonyms.of(target.field, what.value, one.before_offset)
        return erase_documents(
            self._settings, attribution, target.field, what.value, stands, one.to_version
        )

    def _from_files(self, name: str, erasure: Erasure, in_state: int) -> ErasedFrom:
        self._step(f"files of {name}")
        stream = self._definitions.streams[name]
        changes = ArchiveChanges(self._settings.archive_url(), self._settings.data_dir, stream)
        events, files = erase_from_files(changes, erasure, self._stop.is_set)
        return ErasedFrom(events=events, files=files, in_state=in_state)

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds")
