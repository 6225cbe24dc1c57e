"""What can be wrong with a file that is to be imported, and with one receipt of it.

ImportFileError         the file cannot be imported at all, or not further
└── DoorError           the door does not answer, or takes nothing of us
RefusedReceiptError     one receipt that cannot be made; the others go on
"""

from tillstream.errors import TillstreamError


class ImportFileError(TillstreamError):
    """A file that cannot be imported, with what to do."""


class DoorError(ImportFileError):
    """The door gave no final answer, or refuses whoever sends."""


class RefusedReceiptError(TillstreamError):
    """One receipt that is not what its format demands; `str` says what and where."""
