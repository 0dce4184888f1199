"""Five rounds on each kind of cluster; tests/cluster/run does more of them."""
import random

import pytest

import broker_rounds as rounds
from support.kafka_cluster import KafkaCluster, need_kafka

pytestmark = pytest.mark.xdist_group("cluster")


@pytest.fixture(scope="module", params=["4", "3.9"])
def bench(request, shared_clusters, tmp_path_factory):
    need_kafka()
    shared_clusters.stop()  # for the sake of memory
    folder = tmp_path_factory.mktemp("rounds") / "cluster"
    cluster = KafkaCluster(folder, *rounds.QUICK[request.param], *rounds.COMMON)
    try:
        made = rounds.Bench(cluster, request.param)
        yield made
        made.close()
    finally:
        cluster.down()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("number", range(5))
def test_every_row_is_in_the_lake_once_whatever_happens_to_the_brokers(bench, number):
    outcome = bench.run(random.randrange(1 << 30))
    rounds.show(outcome)
    if outcome.error:
        rounds.mend(bench.cluster)
    assert not outcome.error, f"{bench.kafka}, seed {outcome.seed}: {outcome.what}\n{outcome.error}"
