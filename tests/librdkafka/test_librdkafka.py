"""librdkafka's own tests: a handful wherever they have been built, all of them with --all (tests/librdkafka/run)."""
import pytest

import suite
import table

QUICK = ("0003", "0005", "0008", "0012", "0022", "0029", "0031", "0036", "0054", "0073")


def failures(outcomes, protocol="classic"):
    known = table.KNOWN[protocol]
    return [f"{one.name}: {one.reason}" for one in outcomes if one.state == "failed" and one.name not in known]


def test_a_handful_of_librdkafkas_tests_pass(tmp_path):
    if suite.missing():
        pytest.skip(f"no {suite.missing()}")
    if not suite.RUNNER.exists():
        pytest.skip("librdkafka's tests are not built: tests/librdkafka/run builds them")
    outcomes = suite.run_all(QUICK, tmp_path, quick=True)
    assert not failures(outcomes)
    assert sum(one.state == "passed" for one in outcomes) >= len(QUICK)


@pytest.mark.slow
@pytest.mark.timeout(5400)
@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_all_of_librdkafkas_tests_pass_but_those_that_the_table_names(tmp_path, protocol):
    if suite.missing():
        pytest.skip(f"no {suite.missing()}")
    suite.build()
    assert not failures(suite.run_all((), tmp_path, protocol), protocol)
