"""Builds the fuzz targets: the modules that they need and no others, each with libFuzzer's instruments and the address
sanitizer, by swiftc itself. SwiftPM would instrument every dependency too."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Module -> its sources (a folder, or single files of one that imports more than is built here), the modules and the C
# libraries that it imports.
MODULES = {
    "Secrets": ("Sources/Wire/Secrets", (), ()),
    "MIME": ("Sources/Wire/MIME", (), ()),
    "IMAP": ("Sources/Wire/IMAP", (), ()),
    "SMTP": ("Sources/Wire/SMTP", ("MIME", "Secrets"), ()),
    "Tokens": ("Sources/Domain/Tokens", ("Secrets",), ("CCrypto",)),
    "Opens": ("Sources/Domain/Opens", ("Tokens",), ()),
    "Beacon": ("Sources/Domain/Beacon", ("MIME", "Tokens"), ("CXML2",)),
    "Outgoing": ("Sources/Domain/Outgoing", ("MIME", "Beacon", "Tokens"), ()),
    "Transport": ("Sources/Edge/Transport", ("Secrets",), ("CCurl", "CLinux")),
    "Mailbox": ("Sources/Edge/Mailbox", ("IMAP", "Transport"), ("CZlib",)),
    "HitSources": ("Sources/Edge/HitSources", ("MIME", "Opens", "Tokens", "Transport", "Secrets"), ()),
    "PixelServer": (
        tuple(f"Sources/Edge/PixelServer/{name}.swift"
              for name in ("HeadDecoder", "Request", "ProxyHeader", "ClientAddress")), ("Opens",), ()),
    "Fuzzing": (
        "Tests/Fuzzing",
        ("IMAP", "SMTP", "MIME", "Beacon", "Outgoing", "Mailbox", "HitSources", "PixelServer", "Opens", "Tokens"),
        ("CWork",)),
}
TARGETS = (Path("Tests/FuzzingTests/FuzzTarget.swift"), Path("Tests/FuzzingTests/Targets"))
C_LIBRARIES = {
    "CCrypto": "Sources/C/CCrypto/include", "CCurl": "Sources/C/CCurl/include", "CLinux": "Sources/C/CLinux/include",
    "CWork": "Tests/Fuzzing",
}
CALLBACKS = ["cmp1", "cmp2", "cmp4", "cmp8", "const_cmp1", "const_cmp2", "const_cmp4", "const_cmp8", "switch"]


class BuildError(Exception):
    pass


def build(folder):
    """The program, built in `folder` as far as what is there is not up to date. Prints how long it took."""
    begin = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    root = Path.cwd()
    for name, headers in C_LIBRARIES.items():
        _write(folder / f"{name}.modulemap", f'module {name} {{\n    umbrella "{root / headers}"\n    export *\n}}\n')
    common = [
        "-O", "-whole-module-optimization", "-parse-as-library", "-swift-version", "6", "-package-name", "sentmark",
        "-warnings-as-errors", "-enable-testing", "-sanitize=fuzzer,address", "-I", str(folder),
        "-I", "Sources/C/CXML2", "-I", "Sources/C/CZlib",
        *_for_clang(_run("pkg-config", "--cflags", "libxml-2.0").split()),
        *_for_clang(f"-fmodule-map-file={folder / name}.modulemap" for name in C_LIBRARIES),
    ]
    version = _run("swiftc", "--version")
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        steps = {}
        for name, (_, needed, _) in MODULES.items():
            steps[name] = pool.submit(_compile, name, common, version, folder, [steps[other] for other in needed])
        keys = [step.result() for step in steps.values()]
    program = folder / "fuzz"
    if _is_new(program, "".join(keys)):
        plain = []
        for source, headers in (
                ("Tests/Fuzzing/work.c", "CWork"), ("Sources/C/CCrypto/CCrypto.c", "CCrypto"),
                ("Sources/C/CCurl/CCurl.c", "CCurl"), ("Sources/C/CLinux/CLinux.c", "CLinux")):
            plain.append(folder / Path(source).with_suffix(".o").name)
            _run(_clang(), "-O2", "-I", C_LIBRARIES[headers], "-c", source, "-o", plain[-1])
        wraps = [f"--wrap=__sanitizer_cov_trace_{callback}" for callback in CALLBACKS]
        objects = [folder / f"{name}.o" for name in MODULES]
        _run("swiftc", "-sanitize=fuzzer,address", *objects, *plain, "-o", program, "-lxml2", "-lcrypto", "-lcurl", "-lz",
             *(word for wrap in wraps for word in ("-Xlinker", wrap)))
        _settle(program, "".join(keys))
        print(f"  built in {time.monotonic() - begin:.0f} s", file=sys.stderr)
    return program


def _compile(name, common, version, folder, needed):
    keys = [step.result() for step in needed]
    source, _, libraries = MODULES[name]
    files = sorted(Path(source).rglob("*.swift")) if isinstance(source, str) else [Path(file) for file in source]
    if name == "Fuzzing":
        files += sorted(file for path in TARGETS for file in ([path] if path.is_file() else path.rglob("*.swift")))
    folders = [Path(C_LIBRARIES.get(library, f"Sources/C/{library}")) for library in libraries]
    headers = [file for headers in folders for file in sorted(headers.glob("*.[ch]")) + sorted(headers.parent.glob("*.c"))]
    digest = hashlib.sha256("\0".join([version, *common, *keys]).encode())
    for file in [*files, *headers]:
        digest.update(f"{file}\0".encode() + file.read_bytes())
    key = digest.hexdigest()
    output = folder / f"{name}.o"
    if _is_new(output, key):
        _run("swiftc", *common, "-module-name", name, "-emit-module", "-emit-module-path",
             folder / f"{name}.swiftmodule", "-c", *files, "-o", output)
        _settle(output, key)
    return key


def _is_new(output, key):
    stamp = output.with_name(output.name + ".key")
    if output.exists() and stamp.exists() and stamp.read_text() == key:
        return False
    stamp.unlink(missing_ok=True)
    return True


def _settle(output, key):
    output.with_name(output.name + ".key").write_text(key)


def _for_clang(options):
    return [word for option in options for word in ("-Xcc", option)]


def _clang():
    """The toolchain's own, whose libFuzzer it is."""
    beside = Path(shutil.which("swiftc") or "swiftc").resolve().with_name("clang")
    return beside if beside.exists() else "clang"


def _write(file, text):
    if not file.exists() or file.read_text() != text:
        file.write_text(text)


def _run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"{words[0]} failed:\n{(done.stderr or done.stdout).strip()}")
    return done.stdout
