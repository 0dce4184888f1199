"""systemd's unit files, as far as running their commands without systemd needs them."""
import os
import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*/*.service"))


def read(path):
    """Directive → values, in order."""
    directives = {}
    for line in path.read_text().splitlines():
        if found := re.fullmatch(r"(\w+)=(.*)", line.strip()):
            directives.setdefault(found[1], []).append(found[2])
    return directives


def read_environment(path):
    lines = [line.strip() for line in path.read_text().splitlines()]
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def words(line, specifiers, environment):
    """The arguments of an Exec line: specifiers first, then ${NAME} as one word and $NAME split at spaces."""
    arguments = []
    for word in shlex.split(line):
        word = re.sub(r"%(.)", lambda found: specifiers[found[1]], word)
        if found := re.fullmatch(r"\$(\w+)", word):
            arguments += environment[found[1]].split()
        else:
            arguments.append(re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], word))
    return arguments


class Unit:
    """A unit whose commands run from an unpacked package, with its files below a folder."""

    def __init__(self, name, root, instance=""):
        self.directives = read(root / "usr/lib/systemd/system" / name)
        self._root = root
        self._specifiers = {"i": instance, "S": str(root / "var/lib"), "L": str(root / "var/log"), "%": "%"}
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TICKERLAKE_"))}
        self.environment = clean | {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
                                    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        for assignment in self.directives.get("Environment", []):
            key, value = self._resolve(assignment).split("=", 1)
            self.environment[key] = value
        for path in self.directives.get("EnvironmentFile", []):
            self.environment |= read_environment(self.place(self._resolve(path)))
        self.directory = self.place(self.directives["WorkingDirectory"][0])

    def _resolve(self, text):
        return re.sub(r"%(.)", lambda found: self._specifiers[found[1]], text)

    def place(self, path):
        path = pathlib.Path(path)
        return path if path.is_relative_to(self._root) else self._root / path.relative_to("/")

    def command(self, directive="ExecStart"):
        [line] = self.directives[directive]
        program, *arguments = words(line, self._specifiers, self.environment)
        return [self.place(program), *arguments]

    def is_success(self, status):
        return status == 0 or str(status) in self.directives.get("SuccessExitStatus", [""])[0].split()
