"""Checks what deny.toml says of licences, bans and sources, where cargo-deny is not installed.

Building cargo-deny takes longer than everything else CI does; `cargo metadata` knows the same facts.
"""
import json
import re
import subprocess
import sys
import tomllib

with open(sys.argv[1], "rb") as file:
    rules = tomllib.load(file)
allowed = set(rules["licenses"]["allow"])
banned = {ban["name"]: ban["reason"] for ban in rules["bans"]["deny"]}
metadata = json.loads(
    subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version", "1", "--all-features"],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
)


def fits(expression: str) -> bool:
    """Whether an SPDX expression can be met: AND binds closer than OR, parentheses closest."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))
    position = 0

    def either() -> bool:
        nonlocal position
        result = both()
        while position < len(tokens) and tokens[position].upper() == "OR":
            position += 1
            result = both() or result
        return result

    def both() -> bool:
        nonlocal position
        result = one()
        while position < len(tokens) and tokens[position].upper() == "AND":
            position += 1
            result = one() and result
        return result

    def one() -> bool:
        nonlocal position
        token = tokens[position]
        position += 1
        if token == "(":
            result = either()
            position += 1
            return result
        if position < len(tokens) and tokens[position].upper() == "WITH":
            token = f"{token} WITH {tokens[position + 1]}"
            position += 2
        return token in allowed

    return either()


faults = []
for package in metadata["packages"]:
    name = f"{package['name']} {package['version']}"
    licence = package.get("license")
    if package["name"] in banned:
        faults.append(f"{name} is banned: {banned[package['name']]}")
    if not licence or not fits(licence):
        faults.append(f"{name}: the licence `{licence}` is not allowed")
    source = package.get("source")
    if source is not None and not source.startswith("registry+https://github.com/rust-lang/crates.io-index"):
        faults.append(f"{name} comes from {source}")
for fault in faults:
    print(fault, file=sys.stderr)
if faults:
    sys.exit(1)
print(f"{len(metadata['packages'])} packages: licences, bans and sources are in order")
