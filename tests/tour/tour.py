"""docs/tour.md as a list of commands with the output that they must have.

Commands stand in ```console blocks: `$ ` begins one, `> ` goes on with it, and what follows is its output, stdout and
stderr together. `…` in a line stands for any text within it, a line of nothing but `…` for any lines. A comment
`<!-- tour: NAME -->` begins a session: a shell of its own in an empty folder.
"""
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "tour.md"
ANYTHING = "…"

# What --update writes in place of text that differs from run to run.
MASKS = [(re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:…"),
         (re.compile(r"20[2-9]\d-\d\d-\d\d[T ][\d:.,]+Z?"), "…"),
         (re.compile(r"after \d+ ms"), "after … ms"),
         (re.compile(r"in \d+\.\d+ s\b"), "in … s"),
         (re.compile(r" +[\d,]+ rows/s +[\d.]+ MB/s"), " … rows/s … MB/s"),
         (re.compile(r"in [\d,]+ polls, [\d,]+ of"), "in … polls, … of"),
         (re.compile(r"cluster [\w-]{22}"), "cluster …"),
         (re.compile(r"^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$"), "…")]


@dataclasses.dataclass
class Step:
    session: str
    line: int  # of the page, where the command stands
    command: str
    expected: list
    first: int = 0  # the expected lines' place in the page
    last: int = 0


def read(text):
    """The steps of a page, in order."""
    steps, session, inside = [], "", False
    for number, line in enumerate(text.split("\n")):
        if found := re.fullmatch(r"<!-- tour: (\w+) -->", line):
            session = found[1]
        elif line == "```console":
            inside = True
        elif line == "```":
            inside = False
        elif inside and line.startswith("$ "):
            steps.append(Step(session, number + 1, line[2:], [], number + 1, number + 1))
        elif inside and line.startswith("> ") and not steps[-1].expected:
            steps[-1].command += "\n" + line[2:]
            steps[-1].first = steps[-1].last = number + 1
        elif inside:
            steps[-1].expected.append(line)
            steps[-1].last = number + 1
    return steps


def matches(expected, actual):
    """Whether the lines are those expected, wildcards and all."""
    pattern = ""
    for line in expected:
        if line.strip() == ANYTHING:
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.rstrip().split(ANYTHING)) + r" *\n"
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in actual)) is not None


def masked(lines):
    for pattern, text in MASKS:
        lines = [pattern.sub(text, line) for line in lines]
    return lines


class Shell:
    """A bash that runs one command after the other, and ends everything that it started."""

    MARK = "\036"

    def __init__(self, folder, environment):
        commands, self._commands = os.pipe()
        loop = (f"status=0; while IFS= read -r -d '' -u {commands} command; do\n"
                f"eval \"(exit $status)\n$command\" </dev/null {commands}<&-; status=$?; printf '\\036%d\\036' $status; done")
        # Lines of stdout and stderr come in the order in which they were written.
        environment = environment | {"LC_ALL": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "200"}
        self._process = subprocess.Popen(["stdbuf", "-oL", "bash", "--norc", "-c", loop], cwd=folder, env=environment,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                         pass_fds=[commands], start_new_session=True)
        os.close(commands)
        os.set_blocking(self._process.stdout.fileno(), False)

    def run(self, command, patience=300):
        """The lines that the command wrote."""
        os.write(self._commands, command.encode() + b"\0")
        output, deadline = b"", time.monotonic() + patience
        mark = self.MARK.encode()
        while output.count(mark) < 2:
            assert time.monotonic() < deadline, f"no end after {patience} s: {command}\n{output.decode(errors='replace')}"
            piece = self._process.stdout.read()
            if piece:
                output += piece
            else:
                assert self._process.poll() is None, f"the shell has ended: {command}\n{output.decode(errors='replace')}"
                time.sleep(0.01)
        text, status, rest = output.decode(errors="replace").split(self.MARK, 2)
        return (text + rest).removesuffix("\n").split("\n") if text + rest else []

    def close(self):
        """Ends its processes: they are of one session, that of this shell."""
        os.close(self._commands)
        for signal_number, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
            try:
                os.killpg(self._process.pid, signal.SIGCONT)  # what the tour stopped must hear
                os.killpg(self._process.pid, signal_number)
            except ProcessLookupError:
                break
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline:
                self._process.poll()
                try:
                    os.killpg(self._process.pid, 0)
                except ProcessLookupError:
                    break
                time.sleep(0.05)
        self._process.wait()
        self._process.stdout.close()


def prepare(folder, build):
    """A folder like the repository's, with the program in the PATH, on ports that are free."""
    (folder / "datasets").symlink_to(ROOT / "datasets")
    (folder / "bin").mkdir()
    (folder / "bin" / "tickerlake").symlink_to(pathlib.Path(build).resolve() / "tickerlake")
    (folder / "tickerlake.toml").write_text("".join(
        ["[up]\n"] + [f'{name} = "127.0.0.1:0"\n' for name in ("kafka", "aws", "web", "registry")] +
        ["[cluster.up]\nport = 0\nheap-mb = 256\n"]))
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TICKERLAKE_"))}
    paths = [folder / "bin", ROOT / "build" / "venv" / "bin", clean["PATH"]]
    cache = clean.get("XDG_CACHE_HOME", str(pathlib.Path.home() / ".cache"))  # where Apache Kafka's jars stay
    return clean | {"PATH": ":".join(map(str, paths)), "HOME": str(folder), "XDG_CACHE_HOME": cache, "AWS_PAGER": "",
                    "AWS_EC2_METADATA_DISABLED": "true"}


def run(steps, folder, build, seen):
    """Runs a session's steps, and calls seen(step, lines) after each."""
    shell = Shell(folder, prepare(folder, build))
    try:
        for step in steps:
            seen(step, shell.run(step.command))
    finally:
        shell.close()
        for cluster in folder.glob("*/cluster.json"):  # its nodes outlive the shell
            subprocess.run([folder / "bin" / "tickerlake", "cluster", "down", "--data", cluster.parent], check=True)


def updated(text, results):
    """The page with the outputs (step, lines) in place of those that no longer match."""
    lines = text.split("\n")
    for step, actual in sorted(results, key=lambda result: -result[0].first):
        if not matches(step.expected, actual):
            lines[step.first:step.last] = masked(actual)
    return "\n".join(lines)
