"""The house rules that a machine can check: who imports whom, file sizes, names."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tmr

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "src" / "tmr"
SOURCES = sorted(PACKAGE.rglob("*.py"))

ALLOWED = {
    "errors": set(),
    "files": set(),
    "motion": {"errors", "files"},
    "model": {"errors", "files", "motion"},
    "search": {"errors", "files", "motion", "model"},
    "evaluation": {"errors", "files", "motion", "model", "search"},
    "training": {"errors", "files", "motion", "model", "search", "evaluation"},
}


def part_of(module: str) -> str:
    return module.split(".")[1]


def imported_parts(source: Path) -> set[str]:
    tree = ast.parse(source.read_text(encoding="utf-8"))
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
    return {part_of(module) for module in modules if module.startswith("tmr.")}


@pytest.mark.parametrize("part", ALLOWED)
def test_a_part_imports_only_what_the_map_allows(part):
    sources = [source for source in SOURCES if source.relative_to(PACKAGE).parts[0] in (part, f"{part}.py")]
    assert sources
    for source in sources:
        assert imported_parts(source) <= ALLOWED[part] | {part}, source


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_opens_with_its_line_in_the_map_and_stays_readable(source):
    text = source.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, "every module opens with one line that says what it is"
    assert len(docstring.splitlines()[0]) <= 120
    assert len(text.splitlines()) <= 420


def test_the_repository_names_no_path_of_a_machine_and_no_registry():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    needles = ["/" + "work/", "/" + "root/", "pypi" + ".org", "registry.npmjs" + ".org"]
    for name in tracked:
        path = REPOSITORY / name
        if path.suffix in {".py", ".md", ".toml", ".json", ".yaml", ""} and path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not [needle for needle in needles if needle in text], name


def test_importing_the_package_is_instant_and_brings_no_torch():
    code = "import tmr, tmr.cli, sys; print([m for m in ('torch', 'transformers', 'numpy') if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_names_of_the_package_are_offered_and_others_are_not_taken_for_them():
    assert set(tmr.__all__) <= set(dir(tmr))
    # A checker takes any name for one of a module with a `__getattr__` that it sees.
    assert "if not TYPE_CHECKING:\n\n    def __getattr__" in Path(tmr.__file__).read_text(encoding="utf-8")
    assert Path(tmr.__file__).with_name("py.typed").is_file()
