from importlib import metadata
from pathlib import Path

import pytest

from lamplighter.base.engine.spark_parts import JavaMissing, PysparkMissing, find_java, read_java_version, require_spark
from lamplighter.base.messages import speaking


def pretend_java(folder: Path, version: str) -> Path:
    """A Java home whose Java says it is of a version."""
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    java.chmod(0o755)
    return java


class TestFindJava:
    @pytest.mark.parametrize("version", ["17.0.15", "21.0.2"])
    def test_takes_that_of_java_home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
        java = pretend_java(tmp_path, version)
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))

        assert find_java() == java

    @pytest.mark.parametrize(("version", "release"), [("1.8.0_402", "8"), ("11.0.2", "11"), ("25.0.1", "25")])
    def test_says_which_version_is_there_when_spark_does_not_run_on_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, release: str
    ) -> None:
        java = pretend_java(tmp_path, version)
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))

        with pytest.raises(JavaMissing, match=f"needs Java 17 or 21, and {java} is version {release}"):
            find_java()

    def test_says_what_to_install_where_there_is_none(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("JAVA_HOME", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))

        with pytest.raises(JavaMissing, match=r"no Java was found.*apt-get install openjdk-17-jre-headless"):
            find_java()
        with speaking("zh"), pytest.raises(JavaMissing, match="此机器上没有找到 Java"):
            find_java()

    def test_reads_no_version_where_none_is_said(self) -> None:
        assert read_java_version("java: command not found") is None


class TestRequireSpark:
    @pytest.mark.parametrize(("version", "said"), [(None, "it is not installed"), ("3.5.6", "version 3.5.6 is")])
    def test_says_what_is_there_and_how_to_install_pyspark(
        self, monkeypatch: pytest.MonkeyPatch, version: str | None, said: str
    ) -> None:
        def pretend(name: str) -> str:
            if version is None:
                raise metadata.PackageNotFoundError(name)
            return version

        monkeypatch.setattr(metadata, "version", pretend)

        with pytest.raises(PysparkMissing, match=f"needs the package pyspark 4.x, and {said}.*spark-demo"):
            require_spark()
