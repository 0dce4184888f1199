"""Apache Kafka's jars, fetched with Maven once: its command-line tools, Streams and Connect for the tests."""
import os
import pathlib
import shutil
import subprocess

import pytest

VERSION = "4.3.1"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tickerlake"
FOLDER = pathlib.Path(__file__).parent / "java"


def missing():
    """The first program that is needed and isn't there, or None."""
    return next((program for program in ("java", "javac", "mvn") if shutil.which(program) is None), None)


def libraries():
    """The folder with the jars."""
    libs = CACHE / f"kafka-suite-{VERSION}"
    if not libs.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = CACHE / f"kafka-suite-{VERSION}.{os.getpid()}"
        subprocess.run(["mvn", "-q", "-B", "-f", FOLDER / "pom.xml",
                        "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
                        "-DincludeScope=runtime", f"-DoutputDirectory={fresh}"], check=True, timeout=900)
        try:
            fresh.rename(libs)
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
    return libs


def need():
    """Skips the test where the tools can't run."""
    if missing():
        pytest.skip(f"no {missing()}")
    return libraries()


def compile_java(sources, into):
    """Class path for the compiled sources and the jars."""
    subprocess.run(["javac", "-cp", f"{libraries()}/*", "-d", into, *sources], check=True, timeout=300)
    return f"{into}:{libraries()}/*"
