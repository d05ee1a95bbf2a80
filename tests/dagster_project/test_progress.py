from dagster_project.progress import Progress, listening, tell


def test_a_listener_hears_only_while_it_listens():
    heard = []
    tell(Progress("before"))
    with listening(heard.append):
        tell(Progress("build", 1, 2, "stg_a"))
    tell(Progress("after"))
    assert heard == [Progress("build", 1, 2, "stg_a")]
