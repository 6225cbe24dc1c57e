"""The examples of proxies are read by nginx and Caddy themselves, where they are installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.settings import ROOT

PROXY = ROOT / "deploy" / "proxy"


def test_nginx_takes_its_example(tmp_path: Path) -> None:
    if shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        pytest.skip("no nginx: apt-get install --no-install-recommends nginx-light")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-subj", "/CN=example.org", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    example = (PROXY / "nginx.conf").read_text()
    example = example.replace("/etc/ssl/tillstream/fullchain.pem", str(certificate))
    example = example.replace("/etc/ssl/tillstream/privkey.pem", str(key))
    file = tmp_path / "nginx.conf"
    file.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{example}\n}}\n")

    done = subprocess.run(
        ["nginx", "-t", "-e", "stderr", "-c", str(file)],
        env=os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert 0 == done.returncode, done.stderr


def test_caddy_takes_its_example(tmp_path: Path) -> None:
    if shutil.which("caddy") is None:
        pytest.skip("no caddy: apt-get install --no-install-recommends caddy")

    done = subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", str(PROXY / "Caddyfile")],
        env=os.environ | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert 0 == done.returncode, done.stderr
