"""`POST /track`: one event of a web page."""

from entrypoint.track_token import TRACK as TRACK
from tillstream.http.asgi import Reply, json_reply

#: The stream that its events are of.
STREAM = "track"

#: 201: what its clients know as the answer to something that was created.
CREATED: Reply = json_reply(201, {"detail": "Event created"})
