"""See that the system's programs are there with which the long tests try what we document."""

import os
import shutil
from collections.abc import Mapping

from launch.checking.debian import apt_install
from launch.failure import Failure

_PACKAGES = {
    "nginx": "nginx-light",
    "caddy": "caddy",
    "promtool": "prometheus",
    "spamassassin": "spamassassin",
    "rspamd": "rspamd",
}
_ADMINISTRATORS = "/usr/sbin"  # where Debian keeps nginx, and few have it on their PATH


def ensure_programs(environment: Mapping[str, str]) -> str:
    """Give a PATH on which they are; as root on Debian, install what is missing.

    Raises Failure if one is not there and cannot be installed.
    """
    path = os.pathsep.join([environment.get("PATH", os.defpath), _ADMINISTRATORS])
    for program, package in _PACKAGES.items():
        if shutil.which(program, path=path) is None:
            apt_install(package, environment)
        if shutil.which(program, path=path) is None:
            raise Failure(
                f"The long tests need {program}, which is not there and could not be installed: "
                f"install it (on Debian: apt-get install {package})."
            )
    return path
