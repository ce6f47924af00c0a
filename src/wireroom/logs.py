"""Where log lines go and what they look like (docs/adr/0007). Set up once, by a command."""

import atexit
import logging
import re
import sys
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue


class LogForm(logging.Formatter):
    """A record as JSON, or in colours on a terminal. structlog costs 190 ms, which the first record pays."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal
        self._form: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self._form is None:
            self._form = self._make()
        return _NUMBER.sub(r"+…\1", self._form.format(record))

    def _make(self) -> logging.Formatter:
        import structlog

        before: list[structlog.typing.Processor] = [
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ]
        last: list[structlog.typing.Processor] = (
            [structlog.dev.ConsoleRenderer()]
            if self._terminal
            else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        )
        first = structlog.stdlib.ProcessorFormatter.remove_processors_meta
        return structlog.stdlib.ProcessorFormatter(processors=[first, *last], foreign_pre_chain=before)


_NUMBER = re.compile(r"\+[0-9]{3,11}([0-9]{4})\b")
"""Whatever else a record says, no more than four digits of a number."""


class _Unchanged(QueueHandler):
    """Hands records to another thread as they are, for it is of the same process."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record


def log_to_stderr() -> None:
    """Everything of ours from INFO, of others from WARNING; written by a thread, so that neither a slow
    reader of standard error nor the form's import holds up the event loop."""
    stream = logging.StreamHandler()
    stream.setFormatter(LogForm(terminal=sys.stderr.isatty()))
    records: SimpleQueue[logging.LogRecord] = SimpleQueue()
    listener = QueueListener(records, stream)
    listener.start()
    atexit.register(listener.stop)
    logging.basicConfig(level=logging.WARNING, handlers=[_Unchanged(records)])
    logging.getLogger("wireroom").setLevel(logging.INFO)
