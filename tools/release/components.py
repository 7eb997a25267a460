"""A bill of materials of the program: the crates that `Cargo.lock` fixes for one target, as CycloneDX 1.6 in JSON."""

from __future__ import annotations

import json
import subprocess
import uuid
from pathlib import Path


def bill(root: Path, version: str, target: str) -> bytes:
    """What is compiled into the program for `target`. The same source gives the same bytes."""
    command = ["cargo", "metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", target]
    graph = json.loads(subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in graph["packages"]}
    nodes = {node["id"]: node for node in graph["resolve"]["nodes"]}
    digests = _digests(root)

    reached: set[str] = set()
    waiting = [graph["resolve"]["root"]]
    edges: dict[str, list[str]] = {}
    while waiting:
        current = waiting.pop()
        if current in reached:
            continue
        reached.add(current)
        # A dependency of tests alone is not in the program.
        used = [
            dependency["pkg"]
            for dependency in nodes[current]["deps"]
            if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"])
        ]
        edges[current] = used
        waiting += used

    def reference(identity: str) -> str:
        package = packages[identity]
        return f"pkg:cargo/{package['name']}@{package['version']}"

    def component(identity: str) -> dict[str, object]:
        package = packages[identity]
        found: dict[str, object] = {
            "type": "library",
            "bom-ref": reference(identity),
            "name": package["name"],
            "version": package["version"],
            "purl": reference(identity),
        }
        if package["license"]:
            found["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        digest = digests.get((package["name"], package["version"]))
        if digest:
            found["hashes"] = [{"alg": "SHA-256", "content": digest}]
        return found

    program = graph["resolve"]["root"]
    others = sorted(reached - {program}, key=reference)
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {**component(program), "type": "application", "version": version},
            "properties": [{"name": "target", "value": target}],
        },
        "components": [component(identity) for identity in others],
        "dependencies": [
            {"ref": reference(identity), "dependsOn": sorted({reference(used) for used in edges[identity]})}
            for identity in sorted(reached, key=reference)
        ],
    }
    # A serial number that is the content's own: no clock, no chance.
    serial = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(document, sort_keys=True))
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", **document}
    return (json.dumps(document, indent=2) + "\n").encode()


def _digests(root: Path) -> dict[tuple[str, str], str]:
    """The digests of crates by name and version, from `Cargo.lock`."""
    import tomllib

    lock = tomllib.loads((root / "Cargo.lock").read_text())
    return {(it["name"], it["version"]): it["checksum"] for it in lock["package"] if "checksum" in it}
