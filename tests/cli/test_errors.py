import pytest

from app.cli.errors import Stopped, status_of
from tieout.store.errors import BadArgument, NoSnapshot, TieoutError


def raising(error):
    def command():
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadArgument("bad"), 2),
        (NoSnapshot("none"), 2),
        (TieoutError("could not"), 1),
        (Stopped("stopped"), 130),
        (KeyboardInterrupt(), 130),
        (SystemExit(130), 130),
        (SystemExit(3), 3),
        (SystemExit(None), 0),
    ],
)
def test_statuses(error, status):
    assert status_of(raising(error)) == status


def test_a_message_is_one_line_on_standard_error(capsys):
    status_of(raising(BadArgument("landing area x is not a directory")))
    assert capsys.readouterr() == ("", "tieout: landing area x is not a directory\n")


def test_what_nobody_expected_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        status_of(lambda: 1 // 0)
