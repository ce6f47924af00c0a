"""PostgreSQL for tests and benchmarks: that of TEST_PG_URL, the system's, or a package's, in this order.

A cluster of our own lives in one directory and speaks on a Unix socket in it; nothing outside is touched, and
nothing is left when the process that started it ends, however it ends.
"""

from tests.postgres.cluster import Cluster, cluster, start_cluster
from tests.postgres.databases import migrated
from tests.postgres.programs import Installation, NoPostgres, installations

__all__ = ["Cluster", "Installation", "NoPostgres", "cluster", "installations", "migrated", "start_cluster"]
