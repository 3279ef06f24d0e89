"""Install packages of the system, where we may: as root on Debian and Ubuntu."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping


def apt_install(package: str, environment: Mapping[str, str]) -> bool:
    """Install a package of the system, and tell whether that was done; only root on Debian may."""
    apt = shutil.which("apt-get", path=environment.get("PATH"))
    if apt is None or os.geteuid() != 0:
        return False
    print(f"Installing the system's package {package}.", file=sys.stderr)
    # In run level 1 a package does not start what it brings.
    unattended = {**environment, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for arguments in (["update", "-q"], ["install", "-qy", "--no-install-recommends", package]):
        # No time limit: ending a half-done installation would leave the system broken.
        done = subprocess.run([apt, *arguments], stdout=sys.stderr, env=unattended, check=False)
        if done.returncode != 0:
            return False
    return True
