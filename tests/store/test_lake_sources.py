from tieout.store.lake_sources import SOURCES_PATH, sources_text


def test_the_declared_sources_are_those_of_the_lake():
    assert SOURCES_PATH.read_text() == sources_text(), "run `python -m tieout.store.lake_sources`"
