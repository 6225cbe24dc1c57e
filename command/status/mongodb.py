"""What MongoDB answers."""

from pymongo.errors import PyMongoError

from command.status.asking import NoAnswerError, brief
from tillstream import archive
from tillstream.runtime.settings import redacted

MONGO_MS = 1_500


def conflicts(mongo_url: str, database: str) -> int:
    """Conflicts that are kept aside; raises NoAnswerError."""
    client = archive.connect(
        mongo_url, "tillstream status", server_ms=MONGO_MS, socket_ms=MONGO_MS, connections=1
    )
    try:
        with client:
            return client[database][archive.CONFLICTS].estimated_document_count()
    except PyMongoError as error:
        raise NoAnswerError(f"{redacted(mongo_url)} does not answer: {brief(error)}") from error
