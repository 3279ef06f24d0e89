"""See that the proxies are there whose settings we document; the long tests try them."""

import os
import shutil
from collections.abc import Mapping

from launch.checking.debian import apt_install
from launch.failure import Failure

_PACKAGES = {"nginx": "nginx-light", "caddy": "caddy"}
_ADMINISTRATORS = "/usr/sbin"  # where Debian keeps nginx, and few have it on their PATH


def ensure_proxies(environment: Mapping[str, str]) -> str:
    """Give a PATH on which nginx and Caddy are; as root on Debian, install what is missing.

    Raises Failure if one is not there and cannot be installed.
    """
    path = os.pathsep.join([environment.get("PATH", os.defpath), _ADMINISTRATORS])
    for program, package in _PACKAGES.items():
        if shutil.which(program, path=path) is None:
            apt_install(package, environment)
        if shutil.which(program, path=path) is None:
            raise Failure(
                f"The long tests try the documented settings of {program}, which is not there and "
                f"could not be installed: install it (on Debian: apt-get install {package})."
            )
    return path
