"""The systemd units: systemd accepts them, they give the services little, and their commands do the job."""
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
import units

from conftest import BINARY, ROOT


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A machine's files after `deploy/package`'s archive was unpacked."""
    folder = tmp_path_factory.mktemp("package")
    archive = folder / "tickerlake.tar.gz"
    done = subprocess.run([units.DEPLOY / "package", BINARY.parent, archive], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    root = folder / "root"
    root.mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", root], check=True)
    return root


@pytest.fixture
def machine(package, tmp_path):
    root = tmp_path / "machine"
    shutil.copytree(package, root, symlinks=True)
    (root / "etc/tickerlake").mkdir(parents=True)
    (root / "var/lib/tickerlake").mkdir(parents=True)
    return root


def help_of(*command):
    return subprocess.run([BINARY, *command, "--help"], capture_output=True, text=True, check=True).stdout


def commands_in(text):
    """(command, its flags) of every tickerlake command line in a script, a unit or a page."""
    text = re.sub(r"\\\n\s*", " ", text)
    for line in re.findall(r"(?:^|[\s`/(\"])tickerlake (?:--\S+ \S+ )*((?:[a-z]+)\b[^\n`|;>)]*)", text, re.MULTILINE):
        command = line.split()[0]
        yield command, re.findall(r"(?<=\s)(--?[a-zA-Z][\w-]*)", line)


def test_every_flag_in_units_scripts_and_the_page_exists():
    sources = [*units.UNITS, *units.DEPLOY.glob("aws/*.sh"), ROOT / "docs" / "deploy.md"]
    known = re.findall(r"^  ([a-z]+)  ", help_of().split("Subcommands:")[1], re.MULTILINE)
    seen = 0
    for source in sources:
        for command, flags in commands_in(source.read_text()):
            if command not in known:
                assert not flags, f"{source.name}: tickerlake has no command {command}"
                continue
            text = help_of() + help_of(command)
            for flag in flags:
                assert re.search(rf"(?<![\w-]){re.escape(flag)}\b", text), f"{source.name}: {command} has no {flag}"
                seen += 1
    for path in units.DEPLOY.glob("systemd/*.env"):
        command = path.name.split("-")[0]
        text = help_of(command)
        for flag in re.findall(r"--[\w-]+", units.read_environment(path)[f"{command.upper()}_FLAGS"]):
            assert re.search(rf"{flag}\b", text), f"{path.name}: {command} has no {flag}"
            seen += 1
    assert seen > 15


def analyze(*arguments):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("skipped: no systemd-analyze")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True)


@pytest.mark.parametrize("unit", units.UNITS, ids=lambda path: path.name)
def test_systemd_finds_nothing_wrong_in_a_unit_and_little_exposed(unit, tmp_path):
    path = tmp_path / unit.name.replace("@.", "@stock_prices.")
    # The programs that it starts are not on this machine.
    path.write_text(re.sub(r"=/(usr/local|opt)/\S+", f"={shutil.which('true')}", unit.read_text()))
    done = analyze("verify", "--man=no", path)
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if path.name in line]
    assert not complaints
    most = 25 if "kafka" in unit.name else 15  # of 100; a unit without such settings has 96. A JVM writes code
    done = analyze("security", "--offline=true", f"--threshold={most}", path)
    assert done.returncode == 0, done.stdout[-300:]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def metrics(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return answer.read().decode()
    except OSError as error:  # it does not listen yet
        return str(error)


def settings(machine, name, **changes):
    """Installs an example's settings file, changed where the test's machine differs."""
    values = units.read_environment(machine / "usr/local/share/tickerlake/examples" / name) | changes
    (machine / "etc/tickerlake" / name).write_text("".join(f"{key}={value}\n" for key, value in values.items()))


def stop(process, unit):
    process.send_signal(getattr(signal, unit.directives["KillSignal"][0]))
    status = process.wait(timeout=60)
    assert unit.is_success(status), f"{status} would be a failure to systemd"
    return status


def test_the_units_commands_do_the_whole_job_and_stop_cleanly(machine, kaggle_sample):
    (machine / "etc/tickerlake/tickerlake.toml").write_text(
        "[up]\n" + "".join(f'{name} = "127.0.0.1:0"\n' for name in ("kafka", "aws", "web", "registry")))
    settings(machine, "replay-stock_prices.env", REPLAY_FROM=str(kaggle_sample))
    port = free_port()
    settings(machine, "sink-stock_prices.env",
             SINK_FLAGS=f"--partition-by year --flush-interval 1s --metrics 127.0.0.1:{port}")
    up = units.Unit("tickerlake.service", machine)
    log = open(machine / "log", "wb")
    options = {"stdout": log, "stderr": log, "stdin": subprocess.DEVNULL}
    running = []

    def start(unit):
        process = subprocess.Popen(unit.command(), cwd=unit.directory, env=unit.environment, **options)
        running.append(process)
        return process

    try:
        server = start(up)
        subprocess.run(up.command("ExecStartPost"), cwd=up.directory, env=up.environment, check=True, timeout=90)
        replay = units.Unit("tickerlake-replay@.service", machine, "stock_prices")
        assert replay.is_success(start(replay).wait(timeout=120)), (machine / "log").read_text()
        sink = units.Unit("tickerlake-sink@.service", machine, "stock_prices")
        sinking = start(sink)
        program = up.command()[0]

        def tickerlake(*arguments):
            return subprocess.run([program, *arguments], cwd=up.directory, env=up.environment, check=True,
                                  capture_output=True, text=True)

        written = re.compile(r"rows_in_lake\{[^}]*\} 182118$", re.MULTILINE)
        deadline = time.monotonic() + 120
        while not written.search(said := metrics(port)):
            assert time.monotonic() < deadline and sinking.poll() is None, said + (machine / "log").read_text()
            time.sleep(0.2)
        assert stop(sinking, sink) == 130
        tickerlake("crawl", "s3://lake/stock_prices", "--database", "market")
        rows = tickerlake("sql", "--database", "market", "--output", "csv", "select count(*) from stock_prices").stdout
        assert rows.split()[-1] == "182118"
        assert stop(server, up) == 0
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()


def test_a_unit_with_wrong_settings_ends_with_the_status_that_is_not_tried_again(machine):
    settings(machine, "sink-stock_prices.env", SINK_FLAGS="--flush-rows many")
    sink = units.Unit("tickerlake-sink@.service", machine, "stock_prices")
    done = subprocess.run(sink.command(), cwd=sink.directory, env=sink.environment, capture_output=True, timeout=30)
    assert str(done.returncode) in sink.directives["RestartPreventExitStatus"]


def test_the_package_names_the_libraries_that_the_program_needs(package):
    packages = (package / "usr/local/share/tickerlake/packages").read_text().split()
    assert {"librdkafka1", "libcurl4", "libssl3", "libc6"} <= set(packages)
    assert not [name for name in packages if name.endswith("-dev")]
