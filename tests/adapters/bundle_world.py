"""A small bot with a lock, the wheels it needs in a local folder, and a machine to build it on: no network."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paybot_ops.adapters.packaging import BundleReport, build_bundle

DEPENDENCY = {
    "tinydep/__init__.py": '_lazy = {"payments": ("tinydep.payments", True)}\nfrom tinydep import core\n',
    "tinydep/core.py": "ANSWER = 42\nNAMES = frozenset({'a', 'b', 'c', 'd'})\n",
    "tinydep/payments.py": "def create(): ...\n",
    "tinydep/unused.py": "x = 1\n",
    "tinydep/core.pyi": "ANSWER: int\n",
    "tinydep/py.typed": "",
    "tinydep/data/roots.pem": "-----BEGIN\n",
    "tinydep/tests/test_core.py": "",
    "tinydep/fast.cpython-313-aarch64-linux-gnu.so": "native",
    "tinydep/fast.cpython-313-x86_64-linux-gnu.so": "foreign",
    "tinydep-1.0.dist-info/entry_points.txt": "[console_scripts]\ntinydep = tinydep.core:main\n",
}
PROVIDED = {"jmespath/__init__.py": "raise ImportError('the runtime has its own')\n"}

BOT = {
    "payment_bot/__init__.py": "",
    "payment_bot/handler.py": (
        "import tinydep\n\n\ndef handler(event, context):\n    import boto3\n\n    return tinydep.payments.create()\n"
    ),
    "payment_bot/replies.json": "{}\n",
    "payment_bot/tests/test_handler.py": "",
    "payment_bot/.DS_Store": "",
    "tests/test_bot.py": "",
    "README.md": "",
}


def write(root: Path, files: Mapping[str, str]) -> None:
    """Writes text files below `root`."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def make_wheel(folder: Path, name: str, version: str, files: Mapping[str, str]) -> str:
    """A wheel for any platform in `folder`; gives its line for a lock."""
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},sha256={_urlsafe(text)},{len(text.encode())}" for path, text in files.items()] + [
        f"{info}/RECORD,,"
    ]
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": "\n".join(record) + "\n"}.items():
            archive.writestr(path, text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def _urlsafe(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def make_program(path: Path, script: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@dataclass
class World:
    """A workspace under `root` and the machine around it: `bin` is all of PATH."""

    root: Path
    environ: dict[str, str]
    python: str

    @property
    def lambda_dir(self) -> Path:
        return self.root / "lambda"

    @property
    def build_dir(self) -> Path:
        return self.root / "build"

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    def build(self, *, force: bool = False) -> BundleReport:
        return build_bundle(self.lambda_dir, self.build_dir, force=force, environ=self.environ, python=self.python)

    def zip_bytes(self) -> bytes:
        return (self.build_dir / "lambda.zip").read_bytes()

    def entries(self) -> set[str]:
        with zipfile.ZipFile(self.build_dir / "lambda.zip") as archive:
            return set(archive.namelist())

    def unpack(self, target: Path) -> Path:
        with zipfile.ZipFile(self.build_dir / "lambda.zip") as archive:
            archive.extractall(target)
        return target


def make_world(root: Path, *, with_dependency: bool = False) -> World:
    """A world with no uv, no interpreter of the runtime's version, and an installer that is not needed."""
    wheels = root / "wheels"
    wheels.mkdir(parents=True)
    (root / "bin").mkdir()
    write(root / "lambda", BOT)
    lock = make_wheel(wheels, "tinydep", "1.0", DEPENDENCY) + make_wheel(wheels, "jmespath", "1.1.0", PROVIDED)
    (root / "lambda/requirements.txt").write_text(lock if with_dependency else "# nothing is needed\n")
    (root / "uv.toml").write_text(f'[pip]\nno-index = true\nfind-links = ["{wheels}"]\n')
    # Not sys.executable itself: where that is the runtime's version, it would be found beside itself.
    python = make_program(root / "python/python", f'exec {sys.executable} "$@"')
    return World(
        root,
        python=str(python),
        environ={
            "PATH": str(root / "bin"),
            "HOME": str(root),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(wheels),
            "UV_CONFIG_FILE": str(root / "uv.toml"),
            "UV_CACHE_DIR": str(root / "uv-cache"),
        },
    )


def run_python(interpreter: str, script: str, cwd: Path) -> str:
    """What a script prints in an isolated interpreter that imports from `cwd`."""
    bootstrap = f"import sys; sys.path.insert(0, {str(cwd)!r})\n{script}"
    done = subprocess.run([interpreter, "-I", "-B", "-c", bootstrap], capture_output=True, text=True, check=True)
    return done.stdout.strip()
