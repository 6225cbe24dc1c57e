"""What is kept of the output of a run."""

import os
import threading

from jobs.output import MOST_CHARACTERS, MOST_LINES, Output


def test_secrets_are_not_kept() -> None:
    output = Output(
        {
            "MONGO_URL": "mongodb://user:pa%20ssword@mongo:27017/?replicaSet=rs0",
            "SEAL_KEY": "0123456789",
            "HOME": "/home/someone",
        }
    )
    for line in (
        b"connecting to mongodb://user:pa%20ssword@mongo:27017\n",
        b"the password is 'pa ssword', key=0123456789",
        b"amqp://a:b@rabbitmq in /home/someone",
    ):
        output.add(line)

    assert [
        "connecting to mongodb://***@mongo:27017",
        "the password is '***', key=***",
        "amqp://***@rabbitmq in /home/someone",
    ] == list(output.lines)


def test_the_newest_lines_are_kept_and_the_others_counted() -> None:
    source, sink = os.pipe()
    output = Output({})
    over = threading.Event()
    reading = threading.Thread(target=output.read, args=(source, over))
    reading.start()
    os.write(sink, b"".join(b"%d\n" % n for n in range(MOST_LINES + 50)) + b"x" * 5_000)
    # Somebody who was left behind holds the pipe open.
    over.set()
    reading.join(5)

    assert not reading.is_alive()
    assert (51, "51") == (output.cut, output.lines[0])
    assert "x" * MOST_CHARACTERS == output.lines[-1]
    os.close(source)
    os.close(sink)
