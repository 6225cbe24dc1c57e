"""Holds a declared attribution against the streams that it names; what is wrong is told."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from tillstream.streams import changes, made_columns
from tillstream.streams.declared_attribution import DeclaredAttribution
from tillstream.streams.definition import Attribution, Field, Stream
from tillstream.streams.durations import microseconds
from tillstream.streams.made_columns import Known
from tillstream.streams.made_texts import MadeTexts
from tillstream.streams.mistakes import proposal

#: Of window and lateness together: the events of that time are held in memory.
_LONGEST = microseconds("7 days")
#: What keys and ids may be.
_KEY_TYPES = ("text", "integer")


class Linked(NamedTuple):
    """An attribution with all that its streams say."""

    attribution: Attribution
    #: None after a mistake that leaves it unknown.
    credits: Stream | None
    texts: MadeTexts


def link(declared: DeclaredAttribution, known: Known) -> Linked:
    """The attribution; mistakes are told to the file that it stands in."""
    return _Links(declared, known).linked()


class _Links:
    def __init__(self, declared: DeclaredAttribution, known: Known) -> None:
        self._declared = declared
        self._table = declared.table
        self._made = declared.stream
        self._attribution = declared.attribution
        self._known = known
        #: The streams that were named so far.
        self._inputs: list[str] = []

    def linked(self) -> Linked:
        one = self._attribution
        conversions = self._input("conversions", one.conversions)
        touches = self._input("touches", one.touches)
        if conversions and touches:
            self._key(conversions, touches)
        if touches:
            self._touch(touches)
        if conversions:
            self._conversion(conversions)
        for place, table in enumerate(one.tables):
            where = ("table", place)
            stream = self._input("stream", table.stream, *where)
            by = conversions and self._field(conversions, "by", table.by, *where, required=False)
            key = stream and self._field(stream, "key", table.key, *where)
            if by and key:
                self._require_same((by, conversions), (key, stream), *where, "by")
        self._tell_shared_columns()
        self._tell_times([stream for stream in (conversions, touches) if stream])
        made = None
        time = conversions and self._time_of(conversions)
        if conversions and time and self._attribution.conversion_id and one.credits:
            made = changes.credits_stream(self._attribution, conversions, self._made)
        return Linked(
            self._attribution, made, made_columns.texts(self._attribution, self._made, self._known)
        )

    def _input(self, key: str, name: str, *where: str | int) -> Stream | None:
        """The stream that is named; None after a mistake."""
        found = self._known.streams.get(name)
        if not name:
            return None
        if found is None or found.source != "senders":
            names = [each.name for each in self._known.streams.values() if each.source == "senders"]
            self._table.tell(
                f"{key} = {name!r} is no stream that is posted to{proposal(name, names)}",
                *where,
                key,
            )
            return None
        if name in self._inputs:
            self._table.tell(f"{key} = {name!r} is one of its streams already", *where, key)
            return None
        self._inputs.append(name)
        return found

    def _field(
        self, stream: Stream, key: str, name: str, *where: str | int, required: bool = True
    ) -> Field | None:
        """The field that is named, a text or an integer; None after a mistake."""
        if not name or self._known.is_broken(stream, name):
            return None
        said = f"{key} = {name!r}"
        try:
            field = stream.field(name)
        except KeyError:
            names = [field.name for field in stream.fields if field.type in _KEY_TYPES]
            text = f"{said} is no field of {stream.name}{proposal(name, names)}"
        else:
            if field.type not in _KEY_TYPES:
                text = f"{said} is {field.type} in {stream.name}; take a text or an integer"
            elif required and not field.required:
                text = f"{said} may be missing in {stream.name}; write required = true there"
            else:
                return field
        self._table.tell(text, *where, key)
        return None

    def _require_same(
        self, one: tuple[Field, Stream | None], two: tuple[Field, Stream | None], *keys: str | int
    ) -> None:
        said = [f"{field.type} in {stream.name}" for field, stream in (one, two) if stream]
        if one[0].type != two[0].type:
            self._table.tell(
                f"{one[0].name!r} is {said[0]} and {two[0].name!r} {said[1]}; declare both alike",
                *keys,
            )
        # Erased in one of them alone, what belongs together would not any more.
        for (field, stream), (other, its) in ((one, two), (two, one)):
            if stream and its and field.name in stream.persons and other.name not in its.persons:
                self._table.tell(
                    f"{field.name!r} of {stream.name} names a person; add {other.name!r} to"
                    f" `persons` of {its.name}",
                    *keys,
                )

    def _key(self, conversions: Stream, touches: Stream) -> None:
        key = self._attribution.key
        first = self._field(conversions, "key", key)
        second = self._field(touches, "key", key)
        if first and second:
            self._require_same((first, conversions), (second, touches), "key")

    def _touch(self, touches: Stream) -> None:
        one = self._attribution
        if one.touch_id:
            self._field(touches, "touch_id", one.touch_id)
        else:
            self._set_id("touch_id", self._identity(touches, "touches", "touch_id"))
        self._channel(touches)

    def _channel(self, touches: Stream) -> None:
        channel = self._attribution.channel
        if not channel or self._known.is_broken(touches, channel):
            return
        texts = {field.name: field for field in touches.fields if field.type in ("text", "enum")}
        if channel not in texts:
            self._table.tell(
                f"channel = {channel!r} is no text or enum of {touches.name}"
                f"{proposal(channel, texts)}",
                "channel",
            )
            return
        if channel in touches.persons:
            self._table.tell(
                f"channel = {channel!r} names a person, who could not be erased", "channel"
            )
        values = texts[channel].values
        for place, each in enumerate(self._attribution.direct):
            if values and each not in values:
                self._table.tell(
                    f"direct: {each!r} is no value of {channel}{proposal(each, values)}",
                    "direct",
                    place,
                )

    def _conversion(self, conversions: Stream) -> None:
        name = self._identity(conversions, "conversions", "conversion_id")
        self._set_id("conversion_id", name)
        if self._time_of(conversions) is None:
            self._table.tell(
                f"conversions = {conversions.name!r} has no event_time of its own; declare one",
                "conversions",
            )
        elif self._made.event_time != conversions.event_time:
            self._declared.tell_stream(
                f"event_time has to be {conversions.event_time!r}, as of {conversions.name}",
                "event_time",
            )
        for each in (name, self._time_of(conversions)):
            if each in ("channel", *changes.MODELS, *changes.NAMES):
                self._table.tell(
                    f"{each!r} of {conversions.name} is a column of the credits; name the field"
                    " otherwise",
                    "conversions",
                )
            elif each:
                self._require_own(each)

    def _require_own(self, name: str) -> None:
        """That the made stream has a field of the conversions, as it is."""
        if self._known.is_broken(self._made, name):
            return
        own = {field.name: field.sql for field in self._made.fields}
        if name not in own:
            self._declared.tell_stream(
                f'its fields lack {name!r}; write {name} = {{ type = "...", sql = "{name}" }}',
                "name",
            )
        elif own[name].strip().lower() != name:
            self._declared.tell_field(name, f'its sql has to be "{name}"')

    def _identity(self, stream: Stream, key: str, wanted: str) -> str:
        """The field that names an event of the stream; "" after a mistake."""
        if len(stream.identity) != 1:
            more = f", or name one here as {wanted}" if wanted == "touch_id" else ""
            self._table.tell(
                f"{key} = {stream.name!r} has no identity of one field; write identity = ["
                f'"..."] in its [stream]{more}',
                key,
            )
            return ""
        field = self._field(stream, key, stream.identity[0])
        return field.name if field else ""

    def _set_id(self, key: str, name: str) -> None:
        self._attribution = msgspec.structs.replace(self._attribution, **{key: name})

    def _time_of(self, stream: Stream) -> str | None:
        """Its event time; None where that is the door's clock or no field."""
        names = [field.name for field in stream.fields if field.type == "timestamp"]
        return stream.event_time if stream.event_time in names else None

    def _tell_times(self, inputs: Sequence[Stream]) -> None:
        longest = max(inputs, key=lambda stream: stream.lateness_us, default=None)
        if longest and self._made.lateness_us < longest.lateness_us:
            self._declared.tell_stream(
                f"lateness is shorter than that of {longest.name}, for which its rows wait",
                "lateness",
            )
        if self._attribution.window_us + self._made.lateness_us > _LONGEST:
            self._table.tell(
                "window and the stream's lateness are more than 7 days together", "window"
            )

    def _tell_shared_columns(self) -> None:
        seen: dict[str, str] = {}
        for name, _, stream in changes.value_columns(self._attribution, self._known.streams):
            if seen.setdefault(name, stream.name) != stream.name:
                self._table.tell(
                    f"{name!r} would be a value of {seen[name]} and of {stream.name};"
                    " name a field otherwise"
                )
