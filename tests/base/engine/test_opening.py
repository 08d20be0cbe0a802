import pytest

from lamplighter.base.engine import LocalEngine, open_engine
from lamplighter.base.engine.opening import EngineUnknown, ProcessesOnSpark


class TestOpenEngine:
    def test_gives_this_machine_the_processes_it_was_told(self) -> None:
        with open_engine("local", processes=3) as engine:
            assert isinstance(engine, LocalEngine)
            assert engine.processes == 3

    @pytest.mark.parametrize("name", ["", "sparks", "spark:/one-slash", "dask"])
    def test_refuses_a_name_that_is_no_engines(self, name: str) -> None:
        with pytest.raises(EngineUnknown, match="is no engine"), open_engine(name):
            pass

    @pytest.mark.parametrize("name", ["spark", "spark://host:7077", "yarn", "k8s://https://host:6443", "local[2]"])
    def test_does_not_silently_ignore_processes_on_a_cluster(self, name: str) -> None:
        with pytest.raises(ProcessesOnSpark, match="executors"), open_engine(name, processes=2):
            pass
